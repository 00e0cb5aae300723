#include "experiments/cli/text/verify_text.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "experiments/cli/text/text.h"

namespace fedround::cli {
namespace {

std::string Labelled(absl::string_view label, absl::string_view text) {
  return absl::StrFormat("%-10s %s", label, text);
}

std::string PathText(const analysis::VerifyReport& report) {
  std::string text =
      absl::StrFormat("%d of %s within 1 %% of the wall time; %.2f %% of it is handover",
                      report.path.rounds_within, CountText(report.rounds, "round"),
                      100 * static_cast<double>(report.path.handover_ns) /
                          static_cast<double>(std::max<Nanos>(report.path.wall_ns, 1)));
  if (report.path.closed_otherwise > 0) {
    absl::StrAppend(&text, "; unknown for ", CountText(report.path.closed_otherwise, "step"));
  }
  return text;
}

std::string BytesLine(const analysis::VerifyReport& report) {
  const analysis::ByteFigures& bytes = report.bytes;
  if (!report.ended) return "rounds add up; connections are not known: the run has no verdict";
  if (bytes.wire == 0) return "rounds add up; there is no whole connection with a socket";
  const auto overhead = static_cast<double>(bytes.wire - bytes.messages);
  return absl::StrFormat("%d on the wire of %s; %.3f %% beyond messages, %.0f B per call",
                         bytes.wire, CountText(bytes.connections, "whole connection"),
                         100 * overhead / static_cast<double>(bytes.wire),
                         overhead / static_cast<double>(std::max<std::uint64_t>(bytes.calls, 1)));
}

}  // namespace

std::vector<std::string> VerifyLines(const analysis::VerifyReport& report,
                                     absl::string_view folder) {
  const std::string exempt =
      report.failed_clients == 0
          ? ""
          : absl::StrCat("; gaps of ", CountText(report.failed_clients, "client"),
                         " that failed are not checked");
  return {Labelled(
              "chains",
              absl::StrCat(CountText(report.rounds, "round"), ", ", CountText(report.steps, "step"),
                           ", ", CountText(report.tasks, "task"), ": no gap, no overlap", exempt)),
          Labelled("answers", absl::StrCat(report.answers, ": each after its cause")),
          Labelled("clocks",
                   absl::StrFormat("clients' spans inside the coordinator's; largest "
                                   "bound %.1f us",
                                   static_cast<double>(report.largest_clock_bound_ns) / 1000)),
          Labelled("path", PathText(report)),
          Labelled("bytes", BytesLine(report)),
          Labelled("sets", "cohorts, folded sets, weights and means agree with seed and answers"),
          Labelled("model", report.model ? "chain of rounds, file, hashes and verdict agree"
                                         : "chain of rounds agrees; there is no file"),
          Labelled("files", report.ended ? "rounds.csv, clients.csv and health.csv match the ledger"
                                         : "none yet: the run has no verdict"),
          Labelled("verified", folder)};
}

}  // namespace fedround::cli
