// fedround config: the experiment as it would run.
#include <iostream>

#include "common/base/exit_code.h"
#include "common/config/experiment.h"
#include "experiments/cli/commands/commands.h"

namespace fedround::cli {

int RunConfig(const ConfigCommand& command) {
  const absl::StatusOr<Experiment> experiment = LoadExperiment(command.file, command.overrides);
  if (!experiment.ok()) return Fail(experiment.status().message(), exit_code::kUsage);
  std::cout << ExperimentToToml(*experiment, command.comments) << std::flush;
  return exit_code::kDone;
}

}  // namespace fedround::cli
