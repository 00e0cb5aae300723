// fedround bench: how long this machine takes for a training step, an activation and a product.
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <iterator>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/base/exit_code.h"
#include "common/base/status_macros.h"
#include "experiments/bench/kernels.h"
#include "experiments/cli/commands/commands.h"
#include "experiments/cli/screen/terminal.h"
#include "experiments/cli/text/bench_json.h"
#include "experiments/cli/text/bench_text.h"

namespace fedround::cli {
namespace {

// Shows what is being measured, on one line of standard error that is repainted, if that is a
// terminal.
class BenchProgress {
 public:
  ~BenchProgress() { Erase(); }
  void Paint(const std::string& what, double share) const {
    if (!live_) return;
    const std::string line = absl::StrFormat("%s: %.0f %%", what, 100 * share);
    // Some terminals wrap a line that is as wide as they are.
    std::cerr << "\r\x1b[K" << line.substr(0, TerminalWidth(STDERR_FILENO) - 1) << std::flush;
  }
  void Erase() const {
    if (live_) std::cerr << "\r\x1b[K" << std::flush;
  }

 private:
  const bool live_ = DetectTerminal(STDERR_FILENO).live;
};

// Prints results as they come, or as one list at the end.
class Report {
 public:
  explicit Report(bool json) : json_(json) {}

  void Add(const bench::StepCase& result) {
    if (json_) return Keep(StepCaseObjects(result));
    StartBlock();
    Print(StepCaseLines(result));
  }
  void Add(const bench::ActivationCase& result) {
    if (json_) return Keep(ActivationCaseObjects(result));
    if (result.elements != elements_) {
      StartBlock();
      Print(ActivationHeading(result.elements));
      elements_ = result.elements;
    }
    Print(ActivationCaseLines(result));
  }
  void Add(const bench::PlanCell& cell) {
    if (!json_) {
      if (cells_.empty()) Print(PlanHeading(cell));
      Print({PlanCellLine(cell)});
    }
    cells_.push_back(cell);
  }
  // Call it after the last cell.
  void AddPlan(const std::vector<std::string>& left_out) {
    if (json_) return Keep(PlanObjects(cells_, left_out));
    Print(PlanLines(cells_, left_out));
  }
  void Close() const {
    if (json_) std::cout << "[" << absl::StrJoin(objects_, ",\n ") << "]" << std::endl;
  }
  const BenchProgress& progress() const { return progress_; }

 private:
  void Keep(std::vector<std::string> objects) {
    std::ranges::move(objects, std::back_inserter(objects_));
  }
  void StartBlock() {
    if (blocks_++ > 0) std::cout << '\n';
  }
  void Print(const std::vector<std::string>& lines) {
    progress_.Erase();
    std::cout << absl::StrJoin(lines, "\n") << std::endl;
  }

  const bool json_;
  int blocks_ = 0;
  std::size_t elements_ = 0;  // of the current block
  std::vector<bench::PlanCell> cells_;
  std::vector<std::string> objects_;  // JSON
  BenchProgress progress_;
};

absl::StatusOr<bench::StepOptions> StepOptionsOf(const BenchStepCommand& command) {
  bench::StepOptions options;
  ASSIGN_OR_RETURN(options.models, bench::ParseModels(command.models));
  ASSIGN_OR_RETURN(options.batches, bench::ParseBatches(command.batches));
  ASSIGN_OR_RETURN(options.activations, bench::ParseActivations(command.activations));
  ASSIGN_OR_RETURN(options.kernels, bench::ParseKernels(command.kernel));
  // Identity, with which the others are compared, only has the first kernel.
  if (options.kernels.front() != bench::ActivationKernel::kFast) {
    options.kernels.insert(options.kernels.begin(), bench::ActivationKernel::kFast);
  }
  if (command.weights != "trained") options.weights.push_back(bench::Weights::kInitial);
  if (command.weights != "initial") options.weights.push_back(bench::Weights::kTrained);
  options.data = command.data;
  options.pass = command.forward_only ? bench::Pass::kForward : bench::Pass::kTrain;
  options.one_dnn = command.peer == "onednn";
  options.budget_ns = ToNanos(command.seconds);
  return options;
}

absl::Status BenchSteps(const BenchStepCommand& command, Report& report) {
  ASSIGN_OR_RETURN(bench::StepOptions options, StepOptionsOf(command));
  options.progress = [&report](const std::string& what, double share) {
    report.progress().Paint(what, share);
  };
  const auto done = [&report](const bench::StepCase& result) { report.Add(result); };
  RETURN_IF_ERROR(bench::RunStepContests(options, done));
  if (options.pass == bench::Pass::kForward) return absl::OkStatus();
  // A run also evaluates: the 2NN is measured without training as well.
  std::erase_if(options.models, [](const bench::Model& model) { return model.name != "2nn"; });
  options.batches = {nn::kEvaluationBatch};
  options.pass = bench::Pass::kForward;
  return bench::RunStepContests(options, done);
}

absl::Status BenchActivations(const BenchActivationsCommand& command, Report& report) {
  bench::ActivationOptions options;
  ASSIGN_OR_RETURN(options.activations, bench::ParseActivations(command.activations));
  ASSIGN_OR_RETURN(options.kernels, bench::ParseKernels(command.kernel));
  options.elements = {bench::kTileElements, bench::kLargeElements};
  if (command.elements > 0) options.elements = {command.elements};
  options.budget_ns = ToNanos(command.seconds);
  options.progress = [&report](const std::string& what, double share) {
    report.progress().Paint(what, share);
  };
  return bench::RunActivationContests(
      options, [&report](const bench::ActivationCase& result) { report.Add(result); });
}

absl::Status BenchPlan(const BenchPlanCommand& command, Report& report) {
  bench::PlanOptions options;
  ASSIGN_OR_RETURN(options.batches, bench::ParseBatches(command.batches));
  options.budget_ns = ToNanos(command.seconds);
  options.progress = [&report](const std::string& what, double share) {
    report.progress().Paint(what, share);
  };
  const bench::DenseLibraries libraries = bench::FindDenseLibraries();
  bench::RunPlanContests(options, libraries.all,
                         [&report](const bench::PlanCell& cell) { report.Add(cell); });
  report.AddPlan(libraries.left_out);
  return absl::OkStatus();
}

int Finish(const absl::Status& status, const Report& report) {
  report.progress().Erase();
  if (!status.ok()) return Fail(status.message(), exit_code::Of(status));
  report.Close();
  return exit_code::kDone;
}

}  // namespace

int RunBenchStep(const BenchStepCommand& command) {
  Report report(command.json);
  return Finish(BenchSteps(command, report), report);
}

int RunBenchActivations(const BenchActivationsCommand& command) {
  Report report(command.json);
  return Finish(BenchActivations(command, report), report);
}

int RunBenchPlan(const BenchPlanCommand& command) {
  Report report(command.json);
  return Finish(BenchPlan(command, report), report);
}

}  // namespace fedround::cli
