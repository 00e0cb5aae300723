// fedround config: the experiment as it would run.
#include <iostream>

#include "common/base/exit_code.h"
#include "common/config/experiment.h"
#include "experiments/cli/commands/commands.h"
#include "experiments/launch/launcher.h"

namespace fedround::cli {

int RunConfig(const ConfigCommand& command) {
  const absl::StatusOr<Experiment> experiment = LoadExperiment(command.file, command.overrides);
  if (!experiment.ok()) return Fail(experiment.status().message(), exit_code::kUsage);
  // The data may have clients of its own, but is not opened here.
  if (const absl::Status processes = launch::CheckProcesses(*experiment); !processes.ok()) {
    return Fail(processes.message(), exit_code::kUsage);
  }
  std::cout << ExperimentToToml(*experiment, command.comments) << std::flush;
  return exit_code::kDone;
}

}  // namespace fedround::cli
