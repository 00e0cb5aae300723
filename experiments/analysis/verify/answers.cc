// Answers, the asks they answer, and the reports of what they cost.
#include <algorithm>
#include <tuple>
#include <vector>

#include "common/base/status_macros.h"
#include "experiments/analysis/verify/checks.h"
#include "experiments/analysis/verify/finding.h"

namespace fedround::analysis {
namespace {

using ledger::AnswerRow;
using ledger::StepRow;
using ledger::TaskRow;

absl::Status CheckStamps(const AnswerRow& answer, const StepRow& step) {
  RETURN_IF_ERROR(AtMost(answer, "its step's start_ns", step.start_ns, "sent_ns", answer.sent_ns));
  RETURN_IF_ERROR(AtMost(answer, "sent_ns", answer.sent_ns, "received_ns", answer.received_ns));
  RETURN_IF_ERROR(
      AtMost(answer, "received_ns", answer.received_ns, "accepted_ns", answer.accepted_ns));
  if (answer.task != TaskKind::kTrain) {
    RETURN_IF_ERROR(
        Equal(answer, "fold_start_ns", answer.fold_start_ns, "what is not folded", Nanos{0}));
    RETURN_IF_ERROR(Equal(answer, "folded_ns", answer.folded_ns, "what is not folded", Nanos{0}));
    return AtMost(answer, "accepted_ns", answer.accepted_ns, "the step's end", StepEnd(step));
  }
  RETURN_IF_ERROR(
      AtMost(answer, "accepted_ns", answer.accepted_ns, "fold_start_ns", answer.fold_start_ns));
  RETURN_IF_ERROR(
      AtMost(answer, "fold_start_ns", answer.fold_start_ns, "folded_ns", answer.folded_ns));
  return AtMost(answer, "folded_ns", answer.folded_ns, "the step's end", StepEnd(step));
}

// The last round's reports may still have been on their way when the run was ended by force.
absl::Status CheckReport(const Run& run, const AnswerRow& answer, const RoundRows& rows) {
  const TaskRow* task = Find(rows.tasks, answer.client, answer.step);
  if (task != nullptr) {
    if (task->task == answer.task) return absl::OkStatus();
    return Finding(NameOf(*task), "its task is not that of its row in answers");
  }
  const bool may_be_missing =
      run.failed.contains(answer.client) || (!run.done() && answer.round == run.rounds);
  return may_be_missing ? absl::OkStatus() : Finding(NameOf(answer), "has no row in tasks");
}

absl::Status CheckJoined(const Run& run, const AnswerRow& answer) {
  const bool joined =
      std::ranges::binary_search(run.clients, answer.client, {}, &ledger::ClientRecord::client);
  return joined ? absl::OkStatus() : Finding(NameOf(answer), "its client has no row in clients");
}

}  // namespace

// Ledgers of older versions have no asks: there they are 0.
absl::Status AnswerCheck::CheckAsks(const RoundRows& rows) {
  std::vector<const TaskRow*> in_order;
  for (const TaskRow& task : rows.tasks) in_order.push_back(&task);
  std::ranges::sort(in_order, {},
                    [](const TaskRow* task) { return std::tuple(task->step, task->ask); });
  for (const TaskRow* task : in_order) {
    const AnswerRow* answer = Find(rows.answers, task->client, task->step);
    if (answer != nullptr) {
      RETURN_IF_ERROR(Equal(*task, "ask", task->ask, "that of its answer", answer->ask));
    }
    if (task->ask == 0 && last_ask_ == 0) continue;
    RETURN_IF_ERROR(AtMost(*task, "one more than the last ask before it",
                           static_cast<std::int64_t>(last_ask_ + 1), "its ask",
                           static_cast<std::int64_t>(task->ask)));
    last_ask_ = task->ask;
  }
  return absl::OkStatus();
}

absl::Status AnswerCheck::Add(const RoundRows& rows) {
  RETURN_IF_ERROR(CheckAsks(rows));
  for (const AnswerRow& answer : rows.answers) {
    if (answer.step >= rows.steps.size() || rows.steps[answer.step].task != answer.task) {
      return Finding(NameOf(answer), "there is no such step, or it has another task");
    }
    RETURN_IF_ERROR(CheckStamps(answer, rows.steps[answer.step]));
    RETURN_IF_ERROR(CheckJoined(run_, answer));
    RETURN_IF_ERROR(CheckReport(run_, answer, rows));
  }
  for (const TaskRow& task : rows.tasks) {
    const bool answered = Find(rows.answers, task.client, task.step) != nullptr;
    if (answered || run_.failed.contains(task.client) || task.round > run_.rounds) continue;
    return Finding(NameOf(task), "has no row in answers, and its client no failure");
  }
  return absl::OkStatus();
}

}  // namespace fedround::analysis
