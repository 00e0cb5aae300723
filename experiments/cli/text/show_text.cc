#include "experiments/cli/text/show_text.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/base/measure/quantile.h"
#include "common/base/named_enum.h"
#include "common/base/printable.h"
#include "experiments/cli/text/health_text.h"
#include "experiments/cli/text/text.h"

namespace fedround::cli {
namespace {

using analysis::PathPart;
using analysis::PhaseCost;
using analysis::Run;
using analysis::RunCosts;

using Lines = std::vector<std::string>;

constexpr std::size_t kMostColumns = 100;
constexpr int kPathColumns = 34;  // of the left table
// A processor's name is cut off beyond this.
constexpr std::size_t kMostCpuColumns = 50;

std::string Labelled(absl::string_view label, absl::string_view text) {
  return Printable(absl::StrFormat("%-11s %s", label, text), kMostColumns);
}

double Milliseconds(double seconds) { return 1000 * seconds; }

// ---- header ----

std::string ModelText(const Run& run) {
  const Experiment& experiment = run.experiment;
  const Experiment::Model& model = experiment.model;
  const std::string parameters = absl::StrCat(run.manifest.parameters, " parameters");
  const std::string frozen =
      model.freeze.empty() ? "" : absl::StrCat(", ", absl::StrJoin(model.freeze, ", "), " frozen");
  if (model.preset == nn::Preset::kExternal) {
    return absl::StrCat(NameOf(model.preset), ", ", parameters, frozen, "; the clients' own data");
  }
  const std::string hidden = model.preset == nn::Preset::kMlp
                                 ? absl::StrCat(" [", absl::StrJoin(model.hidden, ", "), "]")
                                 : "";
  const std::string activation =
      model.preset == nn::Preset::kLinear ? "" : absl::StrCat(", ", model.activation.name);
  return absl::StrCat(NameOf(model.preset), hidden, activation, ", ", parameters, frozen, "; ",
                      experiment.data.name.name, ", ", experiment.data.partition.name);
}

std::string FederationText(const Run& run) {
  const auto& federation = run.experiment.federation;
  const std::uint32_t cohort = federation.cohort == 0 ? federation.clients : federation.cohort;
  return absl::StrCat(CountText(federation.clients, "client"), ", cohort ", cohort, ", ",
                      CountText(run.experiment.run.rounds, "round"), ", ",
                      federation.algorithm.name, ", seed ", run.experiment.run.seed, ", driver ",
                      NameOf(run.experiment.launch.driver));
}

std::string MachineText(const ledger::Manifest& manifest) {
  return absl::StrCat(manifest.cpu_model.substr(0, kMostCpuColumns), ", ",
                      CountText(manifest.cores, "core"), ", ", manifest.simd, ", ",
                      BytesText(manifest.memory_bytes), "; fedround ", manifest.version, " ",
                      manifest.build);
}

std::string OutcomeText(const Run& run) {
  const std::string rounds =
      absl::StrCat(run.rounds, " of ", CountText(run.experiment.run.rounds, "round"));
  if (!run.verdict.has_value()) {
    return absl::StrCat("no verdict: still running, or killed; ", rounds, " so far");
  }
  const ledger::Verdict& verdict = *run.verdict;
  return absl::StrCat(NameOf(verdict.outcome), ", ", rounds,
                      verdict.message.empty() ? "" : absl::StrCat(": ", verdict.message));
}

void AppendHeader(Lines& lines, const Run& run) {
  lines.push_back(Labelled("run", absl::StrCat(run.experiment.run.name, ", ",
                                               run.manifest.start_time, ", ", run.folder)));
  lines.push_back(Labelled("model", ModelText(run)));
  if (const std::string& initial = run.experiment.model.initial_weights; !initial.empty()) {
    lines.push_back(Labelled("starts from", initial));
  }
  lines.push_back(Labelled("federation", FederationText(run)));
  lines.push_back(Labelled("machine", MachineText(run.manifest)));
  lines.push_back(Labelled("outcome", OutcomeText(run)));
}

// ---- result ----

void AppendScore(Lines& lines, const Run& run, const RunCosts& costs) {
  if (costs.score.has_value()) {
    const bool by_clients = costs.score->examples_of == ledger::ExamplesOf::kClients;
    lines.push_back(Labelled(
        "accuracy", absl::StrFormat("%.4f, loss %.4f after round %d%s", costs.score->accuracy,
                                    costs.score->loss, costs.score->round,
                                    by_clients ? ", on the clients' own examples" : "")));
  }
  if (run.status.has_value() && !run.status->model_sha256.empty()) {
    lines.push_back(Labelled("sha256", run.status->model_sha256));
  }
}

// "0.0539 s [p5 0.0522, p95 0.0552]".
std::string SpreadText(const std::vector<double>& seconds) {
  return absl::StrFormat("%.4f s [p5 %.4f, p95 %.4f]", Median(seconds), Quantile(seconds, 0.05),
                         Quantile(seconds, 0.95));
}

void AppendRoundTimes(Lines& lines, const RunCosts& costs) {
  if (costs.wall_s.empty()) return;
  lines.push_back(Labelled("per round", absl::StrCat("median wall ", SpreadText(costs.wall_s),
                                                     "; modelled ", SpreadText(costs.modelled_s))));
}

// ---- the two tables of times, side by side ----

Lines PathTable(const RunCosts& costs) {
  double total = 0;
  for (const double part : costs.path_s) total += part;
  const auto row = [total](absl::string_view name, double seconds) {
    return absl::StrFormat("%-16s %8.3f %6.1f", name, Milliseconds(seconds),
                           total > 0 ? 100 * seconds / total : 0);
  };
  Lines lines = {"where a round's time goes",
                 absl::StrFormat("%-16s %8s %6s", "critical path", "mean ms", "%")};
  for (int i = 0; i < analysis::kPathParts; ++i) {
    if (costs.path_s[i] == 0) continue;
    lines.push_back(row(NameOf(static_cast<PathPart>(i)), costs.path_s[i]));
  }
  lines.push_back(row("wall", total));
  return lines;
}

std::string PhaseRow(const PhaseCost& phase, bool with_cpu) {
  std::string line = absl::StrFormat("%-20s %5.1f %8.3f %8.3f %8.3f %5s", phase.name,
                                     100 * phase.share, Milliseconds(phase.median_s),
                                     Milliseconds(phase.p95_s), Milliseconds(phase.slowest_s),
                                     phase.slowest_s > 0 ? absl::StrCat("#", phase.slowest) : "");
  if (with_cpu) absl::StrAppendFormat(&line, "%7.2f", phase.cpu_s);
  return line;
}

// `fused`: activations have no phase of their own in the forward pass.
Lines ClientTables(const RunCosts& costs, bool fused) {
  if (costs.phases.empty()) return {"no client has reported what training cost"};
  const auto heading = [](absl::string_view what, absl::string_view cpu) {
    return absl::StrFormat("%-20s %5s %8s %8s %8s %5s%7s", what, "%", "med ms", "p95 ms", "max ms",
                           "who", cpu);
  };
  Lines lines = {absl::StrCat("what clients did, ", CountText(costs.train_tasks, "train task")),
                 heading("phase", "CPU s")};
  for (const PhaseCost& phase : costs.phases) lines.push_back(PhaseRow(phase, true));
  if (costs.inside.empty()) return lines;
  lines.push_back(heading("inside train", ""));
  for (const PhaseCost& phase : costs.inside) lines.push_back(PhaseRow(phase, false));
  lines.push_back(absl::StrCat("activations ", PercentText(costs.activation_share), " of training",
                               fused ? ", backward only (timing = fused)" : ""));
  return lines;
}

void AppendTimes(Lines& lines, const RunCosts& costs, bool fused) {
  if (costs.wall_s.empty()) return;
  Lines left = PathTable(costs);
  Lines right = ClientTables(costs, fused);
  lines.push_back("");
  const std::size_t rows = std::max(left.size(), right.size());
  left.resize(rows);
  right.resize(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    std::string line = absl::StrFormat("%-*s%s", kPathColumns, left[i], right[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    lines.push_back(std::move(line));
  }
}

// ---- bytes ----

void AppendBytes(Lines& lines, const RunCosts& costs) {
  const auto rounds = static_cast<double>(costs.wall_s.size());
  if (rounds == 0) return;
  lines.push_back("");
  lines.push_back(absl::StrFormat("%-16s %18s %18s %18s %18s", "bytes moved", "down per round",
                                  "up per round", "down in total", "up in total"));
  const auto append = [&](absl::string_view kind, std::uint64_t down, std::uint64_t up) {
    lines.push_back(absl::StrFormat("  %-14s %18.0f %18.0f %18d %18d", kind,
                                    static_cast<double>(down) / rounds,
                                    static_cast<double>(up) / rounds, down, up));
  };
  std::uint64_t down = 0;
  std::uint64_t up = 0;
  for (const analysis::ByteCost& bytes : costs.bytes) {
    if (bytes.down + bytes.up > 0) append(bytes.kind, bytes.down, bytes.up);
    down += bytes.down;
    up += bytes.up;
  }
  append("total", down, up);
}

// ---- what else ran, what went wrong ----

void AppendDisturbance(Lines& lines, const RunCosts& costs) {
  if (costs.wall_s.empty()) return;
  const analysis::Disturbance& seen = costs.disturbance;
  lines.push_back("");
  lines.push_back(Labelled(
      "beside", absl::StrFormat("fold %.3f s, evaluation %.3f s in total; retransmitted %d B",
                                costs.fold_s, costs.evaluate_s, costs.retransmitted)));
  lines.push_back(Labelled(
      "disturbed",
      absl::StrFormat("rounds with involuntary switches %d (%d), steal %d (%.2f s), slow probe %d",
                      seen.rounds_with_switches, seen.switches, seen.rounds_with_steal,
                      seen.steal_s, seen.rounds_with_slow_probe)));
  if (costs.failures.empty()) return;
  const auto count = [](std::string* out, const auto& failures) {
    absl::StrAppend(out, NameOf(failures.first), " ", failures.second);
  };
  lines.push_back(Labelled("failures", absl::StrJoin(costs.failures, ", ", count)));
}

}  // namespace

std::vector<std::string> ShowLines(const Run& run, const RunCosts& costs) {
  Lines lines;
  AppendHeader(lines, run);
  AppendScore(lines, run, costs);
  AppendRoundTimes(lines, costs);
  AppendTimes(lines, costs, run.experiment.training.timing == Timing::kFused);
  AppendBytes(lines, costs);
  for (std::string& line : HealthLines(costs.health)) lines.push_back(std::move(line));
  AppendDisturbance(lines, costs);
  return lines;
}

}  // namespace fedround::cli
