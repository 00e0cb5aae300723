#include "experiments/analysis/verify.h"

#include "common/base/status_macros.h"

namespace fedround::analysis {

absl::StatusOr<VerifyReport> Verify(const std::string& folder) {
  ASSIGN_OR_RETURN(const Run run, ReadRun(folder));
  VerifyReport report{.ended = run.ledger.verdict.has_value(),
                      .model = run.status.has_value() && !run.status->model_sha256.empty(),
                      .rounds = run.ledger.rounds.size(),
                      .steps = run.ledger.steps.size(),
                      .tasks = run.ledger.tasks.size(),
                      .answers = run.ledger.answers.size()};
  RETURN_IF_ERROR(CheckChains(run));
  RETURN_IF_ERROR(CheckAnswers(run));
  report.failed_clients = run.failed.size();
  ASSIGN_OR_RETURN(report.largest_clock_bound_ns, CheckClocks(run));
  ASSIGN_OR_RETURN(report.path, CheckCriticalPath(run));
  ASSIGN_OR_RETURN(report.bytes, CheckBytes(run));
  RETURN_IF_ERROR(CheckSets(run));
  RETURN_IF_ERROR(CheckModel(run));
  RETURN_IF_ERROR(CheckCsv(run));
  return report;
}

}  // namespace fedround::analysis
