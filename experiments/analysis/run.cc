#include "experiments/analysis/run.h"

#include <utility>

#include "common/base/status_macros.h"

namespace fedround::analysis {

absl::StatusOr<Run> ReadRun(const std::string& folder) {
  Run run{.folder = folder};
  ASSIGN_OR_RETURN(run.ledger, ledger::ReadLedger(folder));
  ASSIGN_OR_RETURN(run.manifest, ledger::ReadManifest(folder));
  ASSIGN_OR_RETURN(run.experiment, LoadExperiment(folder + "/config.toml", {}));
  absl::StatusOr<ledger::RunStatus> status = ledger::ReadRunStatus(folder);
  if (!status.ok() && !absl::IsNotFound(status.status())) return status.status();
  if (status.ok()) run.status = *std::move(status);
  for (const ledger::FailureRecord& failure : run.ledger.failures)
    run.failed.insert(failure.client);
  return run;
}

}  // namespace fedround::analysis
