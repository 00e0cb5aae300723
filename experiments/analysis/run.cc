#include "experiments/analysis/run.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace fedround::analysis {
namespace {

absl::StatusOr<std::uint32_t> CountRounds(ledger::Database& database) {
  ASSIGN_OR_RETURN(ledger::Statement count, database.Prepare("SELECT count(*) FROM rounds"));
  RETURN_IF_ERROR(count.Next().status());
  ASSIGN_OR_RETURN(const std::uint64_t rounds, count.Natural(0));
  if (rounds > std::numeric_limits<std::uint32_t>::max()) {
    return absl::DataLossError(absl::StrCat("rounds: ", rounds, " rows"));
  }
  return static_cast<std::uint32_t>(rounds);
}

absl::Status ReadFailures(Run& run) {
  const auto take = [&run](const ledger::FailureRecord& failure) {
    run.failed.insert(failure.client);
    if (failure.what == FailureKind::kClock) run.clock_failed.insert(failure.client);
    return true;
  };
  return ledger::ForEach<ledger::FailureRecord>(*run.database, take);
}

absl::Status ReadLedger(Run& run) {
  ASSIGN_OR_RETURN(ledger::Database database, ledger::OpenLedger(run.folder));
  run.database = std::make_unique<ledger::Database>(std::move(database));
  RETURN_IF_ERROR(run.database->Execute("BEGIN"));
  ASSIGN_OR_RETURN(run.rounds, CountRounds(*run.database));
  ASSIGN_OR_RETURN(run.clients, ledger::ReadAll<ledger::ClientRecord>(*run.database));
  ASSIGN_OR_RETURN(run.connections, ledger::ReadAll<ledger::ConnectionRecord>(*run.database));
  RETURN_IF_ERROR(ReadFailures(run));
  ASSIGN_OR_RETURN(run.verdict, ledger::ReadVerdict(*run.database));
  return absl::OkStatus();
}

// A file of a run that has the wrong form is damaged: DATA_LOSS, not the user's mistake.
absl::Status Damaged(const absl::Status& error) {
  return absl::IsInvalidArgument(error) ? absl::DataLossError(error.message()) : error;
}

}  // namespace

absl::StatusOr<Run> ReadRun(const std::string& folder) {
  Run run{.folder = folder};
  if (const absl::Status read = ReadLedger(run); !read.ok()) {
    return ledger::Unreadable(folder, read);
  }
  absl::StatusOr<ledger::Manifest> manifest = ledger::ReadManifest(folder);
  if (!manifest.ok()) return Damaged(manifest.status());
  run.manifest = *std::move(manifest);
  absl::StatusOr<Experiment> experiment = LoadExperiment(folder + "/config.toml", {});
  if (!experiment.ok()) return Damaged(experiment.status());
  run.experiment = *std::move(experiment);
  absl::StatusOr<ledger::RunStatus> status = ledger::ReadRunStatus(folder);
  if (!status.ok() && !absl::IsNotFound(status.status())) return Damaged(status.status());
  if (status.ok()) run.status = *std::move(status);
  return run;
}

}  // namespace fedround::analysis
