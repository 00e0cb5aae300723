#include "experiments/analysis/verify/verify.h"

#include "common/base/status_macros.h"

namespace fedround::analysis {
namespace {

// All checks of a run, in the order in which they rely on one another.
class Verifier {
 public:
  explicit Verifier(const Run& run)
      : run_(run), chains_(run), answers_(run), bytes_(run), sets_(run), models_(run) {
    report_.ended = run.verdict.has_value();
    report_.rounds = run.rounds;
    report_.failed_clients = run.failed.size();
  }

  absl::Status Add(const RoundRows& rows) {
    report_.steps += rows.steps.size();
    report_.tasks += rows.tasks.size();
    report_.answers += rows.answers.size();
    RETURN_IF_ERROR(chains_.Add(rows));
    RETURN_IF_ERROR(answers_.Add(rows));
    RETURN_IF_ERROR(CheckClocks(run_, rows, report_.largest_clock_bound_ns));
    path_.Add(rows);
    RETURN_IF_ERROR(bytes_.Add(rows));
    RETURN_IF_ERROR(sets_.Add(rows));
    return models_.Add(rows);
  }

  absl::StatusOr<VerifyReport> Finish() {
    ASSIGN_OR_RETURN(report_.path, path_.Finish());
    ASSIGN_OR_RETURN(report_.bytes, bytes_.Finish());
    ASSIGN_OR_RETURN(report_.model, models_.Finish());
    RETURN_IF_ERROR(CheckCsv(run_));
    return report_;
  }

 private:
  const Run& run_;
  VerifyReport report_;
  ChainCheck chains_;
  AnswerCheck answers_;
  PathCheck path_;
  ByteCheck bytes_;
  SetCheck sets_;
  ModelCheck models_;
};

}  // namespace

absl::StatusOr<VerifyReport> Verify(const std::string& folder) {
  ASSIGN_OR_RETURN(const Run run, ReadRun(folder));
  Verifier verifier(run);
  RETURN_IF_ERROR(
      ForEachRound(run, [&verifier](const RoundRows& rows) { return verifier.Add(rows); }));
  return verifier.Finish();
}

}  // namespace fedround::analysis
