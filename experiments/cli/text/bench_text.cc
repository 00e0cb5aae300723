#include "experiments/cli/text/bench_text.h"

#include <algorithm>
#include <span>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/cpu/simd.h"
#include "common/base/named_enum.h"
#include "experiments/cli/text/text.h"

namespace fedround::cli {
namespace {

using bench::Estimate;
using bench::Pass;
using bench::StepCase;
using bench::StepDifference;
using bench::StepRow;

using Lines = std::vector<std::string>;

constexpr double kEvaluatedSamples = 10'000;

// "+3.41 % [+3.20, +3.58]".
std::string PercentText(const Estimate& share) {
  return absl::StrFormat("%+.2f %% [%+.2f, %+.2f]", 100 * share.median, 100 * share.low,
                         100 * share.high);
}

std::string CountRange(const Estimate& count) {
  return absl::StrFormat("%.0f [%.0f, %.0f]", count.median, count.low, count.high);
}

// At batch 1 a step waits for the weights, otherwise for the arithmetic.
bool WaitsForWeights(const StepCase& result) { return result.batch == 1; }

std::string Heading(const StepCase& result) {
  return absl::StrFormat(
      "%s, batch %d, %s weights, %s: %s, %.0f kFLOP per sample; %s", result.model, result.batch,
      bench::WeightsName(result.weights), result.pass == Pass::kTrain ? "training" : "forward only",
      absl::StrFormat("%s (%.0f %% of inputs not 0)", result.data, 100 * result.input_density),
      result.flops_per_sample / 1000, CountText(result.turns, "turn"));
}

std::string LimitsText(const StepCase& result) {
  return absl::StrFormat(
      "limits, %s, one thread: multiply-add %.1f GFLOP/s; L2 read %.0f, update %.0f; "
      "memory read %.1f GB/s",
      bench::WidestVectors(), result.limits[bench::kFma].median,
      result.limits[bench::kL2Read].median, result.limits[bench::kL2Update].median,
      result.limits[bench::kDramRead].median);
}

std::string RowText(const StepCase& result, const StepRow& row) {
  const Estimate& of_limit = WaitsForWeights(result) ? row.l2_ratio : row.peak_ratio;
  const std::string share = row.activation == "identity" ? "" : PercentText(row.activation_share);
  return absl::StrFormat(
      "  %-12s %-8s %9.2f  %-26s %7.1f %6.1f %%  %s%s", row.activation, row.kernel,
      row.us_per_step.median, CountRange(row.samples_per_s), row.gflops.median,
      100 * of_limit.median, share,
      share.empty() || row.activation_share.Excludes(0) ? "" : " (not significant)");
}

std::string DifferenceText(const StepDifference& difference) {
  const std::string what = difference.a == difference.b
                               ? absl::StrCat(difference.a, " again - ", difference.b)
                               : absl::StrCat(difference.a, " - ", difference.b);
  return absl::StrFormat("  %-21s %s of a step: %ssignificant", what, PercentText(difference.share),
                         difference.share.Excludes(0) ? "" : "not ");
}

// "  0.181 [0.180, 0.182]    9.2   1.02"; "< 0.021" if the time is below the variation of the
// copies around it; "-" if there is no ratio.
std::string PassText(const bench::PassCost& cost) {
  const std::string ns = cost.Resolved() ? absl::StrFormat("%7.3f [%.3f, %.3f]", cost.ns.median,
                                                           cost.ns.low, cost.ns.high)
                                         : absl::StrFormat("< %.3f", cost.Bound());
  return absl::StrFormat(
      "%-22s %7s %6s", ns,
      cost.of_relu.has_value() ? absl::StrFormat("%.1f", cost.of_relu->median) : "-",
      cost.of_peer.has_value() ? absl::StrFormat("%.2f", cost.of_peer->median) : "-");
}

}  // namespace

Lines StepCaseLines(const StepCase& result) {
  Lines lines = {
      Heading(result), LimitsText(result),
      absl::StrFormat("  %-12s %-8s %9s  %-26s %7s %8s  %s", "activation", "kernel", "us / step",
                      "samples/s [95 %]", "GFLOP/s", WaitsForWeights(result) ? "of L2" : "of peak",
                      "activation's share of the step [95 %]")};
  for (const StepRow& row : result.rows) lines.push_back(RowText(result, row));
  for (const StepDifference& difference : result.differences) {
    lines.push_back(DifferenceText(difference));
  }
  if (result.peer.has_value()) {
    lines.push_back(absl::StrFormat("  %-21s %s samples/s; relu / it %.2f [%.2f, %.2f]",
                                    result.peer->name, CountRange(result.peer->samples_per_s),
                                    result.peer->ratio.median, result.peer->ratio.low,
                                    result.peer->ratio.high));
  }
  if (result.pass == Pass::kForward) {
    for (const StepRow& row : result.rows) {
      if (row.activation != "relu") continue;
      lines.push_back(absl::StrFormat("  10000 samples with relu, %s: %.2f ms", row.kernel,
                                      kEvaluatedSamples / row.samples_per_s.median * 1000));
    }
  }
  return lines;
}

Lines ActivationHeading(std::size_t elements) {
  return {absl::StrFormat("%s, ns each [95 %%]; / peer: the faster of eigen and libmvec",
                          CountText(elements, "element")),
          absl::StrFormat("  %-12s %-8s %-22s %6s %6s   %-22s %6s %6s   %s", "activation", "kernel",
                          " forward", "/ relu", "/ peer", " backward", "/ relu", "/ peer",
                          "control, forward again")};
}

Lines ActivationCaseLines(const bench::ActivationCase& result) {
  Lines lines;
  for (const bench::ActivationRow& row : result.rows) {
    const bool first = lines.empty();
    std::string line = absl::StrFormat("  %-12s %-8s%s  %s", first ? result.activation : "",
                                       row.kernel, PassText(row.forward), PassText(row.backward));
    if (first) {
      absl::StrAppendFormat(&line, "   %.3f [%.3f, %.3f]", result.control.median,
                            result.control.low, result.control.high);
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

Lines PlanHeading(const bench::PlanCell& cell) {
  std::string columns =
      absl::StrFormat("  %-15s  %10s  %5s %7s", "product", "shape", "batch", "ours");
  for (const bench::PlanRow& row : std::span(cell.rows).subspan(1)) {
    absl::StrAppendFormat(&columns, "  %12s  %-17s", row.library, "/ ours");
  }
  return {"dense products, GFLOP/s on one thread; / ours [95 %]: above 1 it is faster than ours",
          absl::StrCat(columns, "  fastest")};
}

std::string PlanCellLine(const bench::PlanCell& cell) {
  std::string line = absl::StrFormat("  %-15s  %10s  %5d %7.1f", bench::ProductName(cell.product),
                                     absl::StrCat(cell.shape.in, " -> ", cell.shape.out),
                                     cell.shape.batch, cell.rows.front().gflops.median);
  for (const bench::PlanRow& row : std::span(cell.rows).subspan(1)) {
    absl::StrAppendFormat(&line, "  %12.1f  %.2f [%.2f, %.2f]", row.gflops.median, row.ratio.median,
                          row.ratio.low, row.ratio.high);
  }
  return absl::StrCat(line, "  ", bench::FastestOf(cell).library,
                      bench::AnotherWins(cell) ? " *" : "");
}

Lines PlanLines(std::span<const bench::PlanCell> cells, const Lines& left_out) {
  const auto control = [](const bench::PlanCell& cell) { return cell.control.median; };
  const auto [least, most] = std::ranges::minmax_element(cells, {}, control);
  Lines lines = {absl::StrFormat("plan: every product by our tiles (common/kernels/simd, %s)",
                                 NameOf(SimdLevelInUse())),
                 absl::StrFormat("  another library would win %d of %s by more than %.0f %% (*)",
                                 std::ranges::count_if(cells, bench::AnotherWins),
                                 CountText(cells.size(), "cell"), 100 * bench::kWorthwhile),
                 absl::StrFormat("  control, ours again / ours: %.3f to %.3f",
                                 least->control.median, most->control.median)};
  for (const std::string& reason : left_out) lines.push_back(absl::StrCat("  left out: ", reason));
  return lines;
}

}  // namespace fedround::cli
