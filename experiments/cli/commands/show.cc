// fedround show: what a run cost, on one screen.
#include "common/base/exit_code.h"
#include "experiments/cli/commands/commands.h"
#include "experiments/cli/screen/terminal.h"
#include "experiments/cli/text/show_text.h"

namespace fedround::cli {

int RunShow(const ShowCommand& command) {
  const absl::StatusOr<analysis::Run> run = analysis::ReadRun(command.folder);
  if (!run.ok()) return Fail(run.status().message(), exit_code::Of(run.status()));
  const absl::StatusOr<analysis::RunCosts> costs = analysis::MeasureCosts(*run);
  if (!costs.ok()) return Fail(costs.status().message(), exit_code::Of(costs.status()));
  PrintLines(ShowLines(*run, *costs));
  return exit_code::kDone;
}

}  // namespace fedround::cli
