#include "coordinator/run/event_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/printable.h"

namespace fedround::coordinator {
namespace {

using Kind = ledger::RunEvent::Kind;

void AppendScore(std::string& text, absl::string_view examples, std::optional<double> accuracy,
                 std::optional<double> loss) {
  if (accuracy.has_value()) absl::StrAppendFormat(&text, "  %s accuracy %.4f", examples, *accuracy);
  if (loss.has_value()) absl::StrAppendFormat(&text, "  loss %.4f", *loss);
}

// The event with all of its text made printable, so that one line stays one line.
ledger::RunEvent Shown(ledger::RunEvent event) {
  for (std::string* text : {&event.run_id, &event.what, &event.message, &event.outcome}) {
    *text = Printable(*text);
  }
  if (event.initial.has_value()) event.initial = Printable(*event.initial);
  return event;
}

std::string EvaluatedText(const ledger::RunEvent& event) {
  std::string text = absl::StrCat("round ", event.round, ":");
  AppendScore(text, "test", event.accuracy, event.loss);
  AppendScore(text, "validation", event.validation_accuracy, event.validation_loss);
  AppendScore(text, "clients'", event.clients_accuracy, event.clients_loss);
  return text;
}

}  // namespace

std::string EventText(const ledger::RunEvent& told) {
  const ledger::RunEvent event = Shown(told);
  switch (event.kind) {
    case Kind::kStarted:
      return absl::StrCat(
          absl::StrFormat("run %s: %d rounds, %d clients, %d parameters, listening on %s",
                          event.run_id, event.rounds, event.clients, event.parameters,
                          event.message),
          event.initial.has_value() ? absl::StrCat("\nstarts from ", *event.initial) : "");
    case Kind::kJoined:
      return absl::StrCat("clients connected: ", event.clients);
    case Kind::kRound:
      return absl::StrFormat("round %d: %d of %d updates folded in %.3f s", event.round,
                             event.folded, event.cohort, event.wall_s);
    case Kind::kEvaluated:
      return EvaluatedText(event);
    case Kind::kFailure:
      return absl::StrCat(
          "round ", event.round, ": ",
          event.client.has_value() ? absl::StrCat("client ", *event.client, ": ") : "", event.what,
          ": ", event.message);
    case Kind::kNotice:
      return event.message;
    case Kind::kFinished:
      return absl::StrCat(event.outcome, event.message.empty() ? "" : ": ", event.message,
                          event.model_sha256.empty() ? "" : "\nmodel ", event.model_sha256);
  }
  return "";
}

}  // namespace fedround::coordinator
