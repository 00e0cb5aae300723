// The end of a round: what was folded becomes the next model.
//
// A commit is a job beside the loop, in an order that leaves no half-changed state. If it fails, or
// is cancelled because the run ends, it has changed neither the model nor the record:
//
//   loop   Do(Commit)      the round's last phase begins
//   job    PrepareModel    sums -> algorithm -> next model, beside the one being served; checked
//   loop   OnPrepared      the books of the round are closed
//   job    CommitRound     the round is in the ledger: from now on it counts
//   loop   OnRecorded      the next model is published, the old one withdrawn; the engine goes on
//
// The same worker evaluates. That never delays a commit: a round is committed only after the
// previous round has been evaluated.
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/kernels/quantise.h"
#include "coordinator/coordinator_impl.h"
#include "coordinator/model/next_model.h"

namespace fedround::coordinator {

void Coordinator::Impl::Do(const Commit& action) {
  ShowRound();
  if (!action.abandoned.empty()) Notify(absl::StrCat("abandoned: ", action.abandoned));
  book.Collected();
  book.Evaluated(step_start);
  committing = true;
  jobs.Run([this, commit = RoundCommit{.action = action, .folded = folds.Take()}]() mutable {
    if (commit.action.abandoned.empty()) commit.total_weight = commit.folded->total_weight();
    PrepareModel(commit);
    Recycle(*commit.folded);
    loop.Post([this, commit = std::move(commit)]() mutable { OnPrepared(std::move(commit)); });
  });
}

// A round that folded nothing, or was abandoned, ends with the model with which it began.
void Coordinator::Impl::PrepareModel(RoundCommit& commit) {
  const std::shared_ptr<const Model> current = models.current();
  commit.before = commit.after = current->id;
  if (commit.total_weight == 0) return;
  if (cancel_commit) return;
  commit.next = NextModel({.current = *current,
                           .folded = *commit.folded,
                           .trained = trained,
                           .down = needs.down.size(),
                           .clients = options.experiment.federation.clients},
                          *algorithm, intake.BorrowBuffer());
  commit.after = commit.next->id;
  if (!kernels::AllWithin(std::as_const(commit.next->parameters).span(),
                          std::numeric_limits<float>::max())) {
    commit.error = absl::StrCat("round ", commit.action.round,
                                ": the model is no longer finite; lower training.learning_rate or "
                                "the algorithm's");
  }
}

void Coordinator::Impl::Recycle(fold::Aggregate& folded) {
  for (fold::Kept::Update& update : folded.TakeKept()) {
    intake.ReturnBuffer(std::move(update.values));
  }
  folded.Reset();
}

void Coordinator::Impl::OnPrepared(RoundCommit commit) {
  folds.Reuse(std::move(commit.folded));
  book.Committed(MonotonicNow());
  if (cancel_commit) {
    committing = false;
    return;
  }
  if (!commit.error.empty()) return FailCommit(commit);
  commit.record = MakeRecord(commit.action, commit.total_weight, commit.before, commit.after);
  jobs.Run([this, commit = std::move(commit)]() mutable {
    const Nanos start = MonotonicNow();
    const absl::Status status = recorder->CommitRound(commit.record);
    if (!status.ok()) {
      commit.error =
          absl::StrCat("round ", commit.action.round, " could not be recorded: ", status.message());
    }
    commit.recording = MonotonicNow() - start;
    loop.Post([this, commit = std::move(commit)]() mutable { OnRecorded(std::move(commit)); });
  });
}

void Coordinator::Impl::OnRecorded(RoundCommit commit) {
  if (!commit.error.empty()) return FailCommit(commit);
  book.Recorded(commit.recording);
  rounds_done = commit.record.round;
  if (commit.next != nullptr) Publish(std::move(commit.next));
  unshown = std::move(commit.record);
  evaluating = false;
  committing = false;
  Step(Committed{rounds_done, commit.after});
  ShowRoundIfReported();
}

void Coordinator::Impl::FailCommit(const RoundCommit& commit) {
  committing = false;
  Step(RunFailed{commit.error});
}

void Coordinator::Impl::Publish(std::shared_ptr<Model> next) {
  const ModelId before = models.current()->id;
  const ModelId after = next->id;
  FloatBuffer memory = models.Publish(std::move(next));
  if (after != before) gateway->ModelWithdrawn(before);
  // With frozen entries a model is larger than the updates for which the pool is made.
  if (memory.size() == TotalElements(update_layout)) intake.ReturnBuffer(std::move(memory));
}

void Coordinator::Impl::CancelCommit() {
  cancel_commit = true;
  loop.Run([this] { return !committing; });
}

}  // namespace fedround::coordinator
