#include "coordinator/run/event_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/named_enum.h"
#include "common/base/printable.h"

namespace fedround::coordinator {
namespace {

namespace event = ledger::event;

void AppendScore(std::string& text, absl::string_view examples, std::optional<double> accuracy,
                 std::optional<double> loss) {
  if (accuracy.has_value()) absl::StrAppendFormat(&text, "  %s accuracy %.4f", examples, *accuracy);
  if (loss.has_value()) absl::StrAppendFormat(&text, "  loss %.4f", *loss);
}

// Texts of peers are made printable, so that each event stays one line.

std::string Text(const event::Started& started) {
  std::string text = absl::StrFormat(
      "run %s: %d rounds, %d clients, %d parameters, listening on %s", Printable(started.run_id),
      started.rounds, started.clients, started.parameters, Printable(started.address));
  if (started.initial.has_value()) {
    absl::StrAppend(&text, "\nstarts from ", Printable(*started.initial));
  }
  return text;
}

std::string Text(const event::Joined& joined) {
  return absl::StrCat("clients connected: ", joined.clients);
}

std::string Text(const event::Round& round) {
  return absl::StrFormat("round %d: %d of %d updates folded in %.3f s", round.round, round.folded,
                         round.cohort, round.wall_s);
}

std::string Text(const event::Evaluated& score) {
  std::string text = absl::StrCat("round ", score.round, ":");
  AppendScore(text, "test", score.accuracy, score.loss);
  AppendScore(text, "validation", score.validation_accuracy, score.validation_loss);
  AppendScore(text, "clients'", score.clients_accuracy, score.clients_loss);
  return text;
}

std::string Text(const event::Failure& failure) {
  return absl::StrCat(
      "round ", failure.round, ": ",
      failure.client.has_value() ? absl::StrCat("client ", *failure.client, ": ") : "",
      NameOf(failure.what), ": ", Printable(failure.message));
}

std::string Text(const event::Notice& notice) { return Printable(notice.message); }

std::string Text(const event::Finished& finished) {
  const ledger::Verdict& verdict = finished.verdict;
  return absl::StrCat(NameOf(verdict.outcome), verdict.message.empty() ? "" : ": ",
                      Printable(verdict.message), finished.model_sha256.empty() ? "" : "\nmodel ",
                      finished.model_sha256);
}

}  // namespace

std::string EventText(const ledger::RunEvent& told) {
  return std::visit([](const auto& kind) { return Text(kind); }, told);
}

}  // namespace fedround::coordinator
