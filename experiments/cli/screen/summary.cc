#include "experiments/cli/screen/summary.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/base/measure/quantile.h"
#include "common/base/named_enum.h"
#include "common/base/printable.h"
#include "experiments/cli/screen/terminal.h"
#include "experiments/cli/text/text.h"

namespace fedround::cli {
namespace {

using Lines = std::vector<std::string>;

// The most lines about what went wrong; the rest of kMaxSummaryLines is always printed.
constexpr std::size_t kFailureLines = 3;

std::string Labelled(absl::string_view label, absl::string_view text) {
  return absl::StrFormat("%-10s %s", label, Printable(text));
}

bool Succeeded(const SummaryInput& input) { return input.report.verdict.exit_code == 0; }

// A reservation about a run that is done.
std::string Reservation(const Tally& tally) {
  const std::uint64_t refused = tally.failures_of(FailureKind::kRefused);
  if (refused <= tally.total().folded) return "";
  return absl::StrCat(", but most updates had no part in the model: ", refused, " were refused, ",
                      tally.total().folded, " folded");
}

std::string OutcomeLine(const SummaryInput& input) {
  const ledger::Verdict& verdict = input.report.verdict;
  const Tally& tally = input.tally;
  const std::string rounds =
      tally.rounds_done() < tally.rounds()
          ? absl::StrCat(tally.rounds_done(), " of ", CountText(tally.rounds(), tally.round_name()))
          : CountText(tally.rounds(), tally.round_name());
  const std::string text =
      absl::StrCat(rounds, " in ", SecondsText(input.elapsed_s),
                   Succeeded(input) ? Reservation(tally) : absl::StrCat(": ", verdict.message));
  const bool bad = !Succeeded(input) || !Reservation(tally).empty();
  return Red(Labelled(NameOf(verdict.outcome), text), input.colour && bad);
}

// Where the clients alone have scored the model.
void AppendClientsScore(Lines& lines, const Tally& tally) {
  if (!tally.clients_score().has_value()) return;
  const ledger::event::Evaluated& score = *tally.clients_score();
  lines.push_back(Labelled(
      "accuracy", absl::StrFormat("%.4f  loss %.4f  after %s %d, on the clients' own examples",
                                  *score.clients_accuracy, score.clients_loss.value_or(0),
                                  tally.round_name(), score.round)));
}

void AppendScore(Lines& lines, const Tally& tally) {
  if (!tally.score().has_value()) return AppendClientsScore(lines, tally);
  const ledger::event::Evaluated& score = *tally.score();
  std::string text = absl::StrFormat("%.4f  loss %.4f  after %s %d", *score.accuracy,
                                     score.loss.value_or(0), tally.round_name(), score.round);
  if (score.validation_accuracy.has_value()) {
    absl::StrAppendFormat(&text, "  validation %.4f", *score.validation_accuracy);
  }
  lines.push_back(Labelled("accuracy", text));
}

std::string RoundTimes(const std::vector<double>& wall_s, double modelled_s) {
  const auto [least, most] = std::ranges::minmax(wall_s);
  std::string text =
      absl::StrFormat("%s median, %.3f .. %.3f", SecondsText(Median(wall_s)), least, most);
  if (modelled_s > 0) {
    absl::StrAppend(&text, "; modelled ",
                    SecondsText(modelled_s / static_cast<double>(wall_s.size())), " mean");
  }
  return text;
}

// Mentions rounds whose events were lost because nobody read the output for too long.
std::string Unseen(const Tally& tally) {
  const std::size_t seen = tally.round_wall_s().size();
  if (seen >= tally.rounds_done()) return "";
  return absl::StrCat("; this and what follows cover only ", CountText(seen, tally.round_name()),
                      ": the output of the others was not read in time");
}

// Where the wall time of the rounds went for the mean client. Its waiting for instructions is
// computed as the rest, since its own figure includes the time before round 1.
std::string PhaseShares(const ledger::event::Round& total) {
  std::vector<std::pair<double, absl::string_view>> parts = {{total.commit_s, "commit"}};
  for (int i = 0; i < kClientPhases; ++i) {
    if (static_cast<ClientPhase>(i) == ClientPhase::kWaitInstruction) continue;
    parts.push_back({total.phase_s[i], kClientPhaseNames[i]});
  }
  double rest = total.wall_s;
  for (const auto& [seconds, name] : parts) rest -= seconds;
  parts.push_back({std::max(rest, 0.0), "wait for others"});
  std::ranges::sort(parts, std::greater());
  std::erase_if(parts, [&](const auto& part) { return part.first < 0.005 * total.wall_s; });
  return absl::StrJoin(parts, " | ", [&](std::string* out, const auto& part) {
    absl::StrAppend(out, part.second, " ", ShareText(part.first, total.wall_s));
  });
}

// The tensors, what their messages add, and what HTTP/2 adds to these. Without messages (in
// process) nothing is added.
std::string BytesMoved(const ledger::event::Round& total) {
  const std::uint64_t payload = total.payload_bytes_down + total.payload_bytes_up;
  const std::uint64_t messages = total.message_bytes_down + total.message_bytes_up;
  const std::uint64_t wire = total.wire_bytes_down + total.wire_bytes_up;
  std::string text = absl::StrCat("down ", BytesText(total.payload_bytes_down), ", up ",
                                  BytesText(total.payload_bytes_up));
  if (messages > payload) absl::StrAppend(&text, "; messages add ", BytesText(messages - payload));
  if (wire > messages && messages > 0) {
    absl::StrAppend(&text, ", HTTP/2 ", BytesText(wire - messages));
  }
  return text;
}

void AppendTimesAndBytes(Lines& lines, const Tally& tally) {
  if (tally.round_wall_s().empty()) return;
  const ledger::event::Round& total = tally.total();
  lines.push_back(
      Labelled(tally.central() ? "per epoch" : "per round",
               absl::StrCat(RoundTimes(tally.round_wall_s(), total.modelled_s), Unseen(tally))));
  lines.push_back(Labelled("time", PhaseShares(total)));
  lines.push_back(
      Labelled("beside", absl::StrCat("fold ", SecondsText(total.fold_s), ", evaluation ",
                                      SecondsText(tally.evaluate_s()))));
  if (!tally.central()) lines.push_back(Labelled("bytes", BytesMoved(total)));
}

void AppendResources(Lines& lines, const SummaryInput& input) {
  const launch::LaunchReport& report = input.report;
  Nanos cpu_ns = 0;
  std::uint64_t largest = 0;
  for (const launch::ProcessReport& host : report.hosts) {
    cpu_ns += host.cpu_ns;
    largest = std::max(largest, host.peak_rss_bytes);
  }
  std::string cpu = SecondsText(Seconds(report.coordinator.cpu_ns));
  std::string memory = BytesText(report.coordinator.peak_rss_bytes);
  if (!report.hosts.empty()) {
    const std::string processes =
        absl::StrCat(report.hosts.size(), " client process", report.hosts.size() == 1 ? "" : "es");
    absl::StrAppend(&cpu, " coordinator, ", SecondsText(Seconds(cpu_ns)), " in ", processes);
    absl::StrAppend(&memory, " coordinator, ", BytesText(largest), " largest client process");
  }
  lines.push_back(Labelled("cpu", cpu));
  lines.push_back(Labelled("memory", absl::StrCat(memory, " (peak)")));
}

// "180 of 200 folded; refused 18, late 3", if something went wrong. A client that failed may have
// succeeded at a second try, so the failures need not add up to the updates that are missing.
void AppendUpdates(Lines& lines, const Tally& tally) {
  if (tally.failure_counts().empty() || tally.central()) return;
  const ledger::event::Round& total = tally.total();  // nothing before the first round
  const std::string kinds =
      absl::StrJoin(tally.failure_counts(), ", ", [](std::string* out, const auto& count) {
        absl::StrAppend(out, NameOf(count.first), " ", count.second);
      });
  lines.push_back(Labelled(
      "updates",
      absl::StrCat(total.folded, total.cohort > 0 ? absl::StrCat(" of ", total.cohort) : "",
                   " folded; ", kinds)));
}

// The log of the process that hosted `client`; the coordinator's if it is not known.
const std::string& LogOf(const launch::LaunchReport& report, std::optional<ClientId> client) {
  for (const launch::ProcessReport& host : report.hosts) {
    if (client.has_value() && std::ranges::binary_search(host.clients, *client)) return host.log;
  }
  return report.coordinator.log;
}

std::string FailureText(const SummaryInput& input, std::optional<ClientId> client,
                        const ClientFailures& failures) {
  const std::string& log = LogOf(input.report, client);
  return absl::StrCat(
      client.has_value() ? absl::StrCat("client ", *client, ": ") : "", NameOf(failures.what),
      " in ", input.tally.round_name(), " ", failures.first_round,
      failures.count > 1 ? absl::StrCat(" (and ", failures.count - 1, " more)") : "",
      log.empty() ? "" : absl::StrCat("; ", log));
}

std::string DeathText(const launch::ProcessDeath& death) {
  return absl::StrCat(death.name, ": ", death.how, "; ", death.log,
                      death.last_lines.empty() ? "" : ": ", absl::StrJoin(death.last_lines, " / "));
}

// One line for each culprit: processes first, since their end explains the rest. Their last lines
// were shown when it happened, except those of the coordinator.
Lines Culprits(const SummaryInput& input) {
  const launch::LaunchReport& report = input.report;
  Lines texts;
  if (report.crash.has_value()) texts.push_back(DeathText(*report.crash));
  std::vector<ClientId> dead;
  for (const launch::ProcessDeath& death : report.deaths) {
    texts.push_back(absl::StrCat(death.name, ": ", death.how, "; ", death.log));
    dead.insert(dead.end(), death.clients.begin(), death.clients.end());
  }
  std::ranges::sort(dead);
  for (const auto& [client, failures] : input.tally.failures()) {
    if (client.has_value() && std::ranges::binary_search(dead, *client)) continue;
    texts.push_back(FailureText(input, client, failures));
  }
  return texts;
}

void AppendCulprits(Lines& lines, const SummaryInput& input) {
  Lines texts = Culprits(input);
  if (texts.size() > kFailureLines) {
    const std::size_t more = texts.size() - (kFailureLines - 1);
    texts.resize(kFailureLines - 1);
    texts.push_back(absl::StrCat("and ", more, " more: ", input.folder, "/ledger.sqlite"));
  }
  for (const std::string& text : texts) {
    lines.push_back(Red(Labelled("failure", text), input.colour));
  }
}

}  // namespace

std::vector<std::string> SummaryLines(const SummaryInput& input) {
  Lines lines = {OutcomeLine(input)};
  AppendScore(lines, input.tally);
  AppendTimesAndBytes(lines, input.tally);
  AppendResources(lines, input);
  AppendUpdates(lines, input.tally);
  AppendCulprits(lines, input);
  if (input.tally.finish().has_value() && !input.tally.finish()->model_sha256.empty()) {
    lines.push_back(Labelled("model", input.tally.finish()->model_sha256));
  }
  lines.push_back(Labelled("folder", input.folder));
  lines.push_back(Labelled("repeat", input.repeat));
  return lines;
}

std::string ResultLine(const SummaryInput& input) {
  const ledger::Verdict& verdict = input.report.verdict;
  std::string line = absl::StrCat(NameOf(verdict.outcome), ": ",
                                  Succeeded(input) ? "" : absl::StrCat(verdict.message, "; "),
                                  CountText(input.tally.rounds_done(), input.tally.round_name()));
  if (const auto& score = input.tally.score(); score.has_value()) {
    absl::StrAppendFormat(&line, ", accuracy %.4f, loss %.4f", *score->accuracy,
                          score->loss.value_or(0));
  }
  absl::StrAppend(&line, ", ", SecondsText(input.elapsed_s), ", ", input.folder);
  const std::string reservation = Succeeded(input) ? Reservation(input.tally) : "";
  absl::StrAppend(&line, reservation);
  return Red(line, input.colour && (!Succeeded(input) || !reservation.empty()));
}

}  // namespace fedround::cli
