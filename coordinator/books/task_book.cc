#include "coordinator/books/task_book.h"

#include <algorithm>

#include "common/ledger/modelled_time.h"
#include "coordinator/books/clock_bounds.h"

namespace fedround::coordinator {

void TaskBook::Sent(const Instruction& instruction, Nanos now) {
  if (instruction.task == TaskKind::kLeave) return;
  // The client is asked again after it came back, and may still be working on the first request: so
  // that remains the time when it was asked. What it has reported since is void.
  Update(tasks_[instruction.id], [&](Task& task) {
    task = Task{.ask = instruction, .sent_ns = task.sent_ns != 0 ? task.sent_ns : now};
  });
}

ledger::AnswerRow TaskBook::Accepted(const UpdateHeader& header, const UploadTimes& times,
                                     Nanos now) {
  Task& answered = tasks_.at(header.ask);
  Update(answered, [&](Task& task) {
    task.header_sent_ns = header.sent_ns;
    task.header_arrived_ns = times.offered_ns;
    task.accepted_ns = now;
  });
  return {.round = answered.ask.round,
          .client = answered.ask.client,
          .step = answered.ask.step,
          .task = answered.ask.task,
          .weight = header.weight,
          .metrics = header.metrics,
          .health = header.health,
          .sent_ns = answered.sent_ns,
          .received_ns = times.received_ns,
          .accepted_ns = now,
          .ask = header.ask};
}

std::optional<ledger::TaskRow> TaskBook::Take(const TaskCost& cost, Nanos now) {
  const auto found = tasks_.find(cost.ask);
  if (found == tasks_.end() || found->second.reported || found->second.ask.client != cost.client) {
    return std::nullopt;
  }
  Task& task = found->second;
  ClockBounds bounds;
  bounds.ToClient(task.sent_ns, cost.start_ns + cost.phase(ClientPhase::kWaitInstruction));
  if (task.header_sent_ns != 0) bounds.FromClient(task.header_sent_ns, task.header_arrived_ns);
  if (task.accepted_ns != 0) bounds.ToClient(task.accepted_ns, cost.end_ns);
  if (cost.sent_ns != 0) bounds.FromClient(cost.sent_ns, now);
  ledger::TaskRow record{cost, task.ask.round, task.ask.step, task.ask.task,
                         ledger::DeviceTime(cost)};
  if (const auto offset = bounds.Get(); offset.has_value()) {
    record.clock_offset_ns = offset->offset_ns;
    record.clock_bound_ns = offset->bound_ns;
  }
  Update(task, [](Task& reported) { reported.reported = true; });
  return record;
}

void TaskBook::Left(std::span<const ClientId> clients) {
  for (auto& [ask, task] : tasks_) {
    if (!std::ranges::binary_search(clients, task.ask.client)) continue;
    Update(task, [](Task& gone) { gone.left = true; });
  }
}

std::vector<ledger::FailureRecord> TaskBook::Forget(std::uint32_t round, Nanos now) {
  std::vector<ledger::FailureRecord> unreported;
  while (!tasks_.empty() && tasks_.begin()->second.ask.round < round) {
    Task& task = tasks_.begin()->second;
    if (task.accepted_ns != 0 && !task.reported) {
      unreported.push_back({.round = task.ask.round,
                            .client = task.ask.client,
                            .what = FailureKind::kUnreported,
                            .message = "its answer counts, but it did not report its cost",
                            .at_ns = now});
    }
    Update(task, [](Task& forgotten) { forgotten = {}; });
    tasks_.erase(tasks_.begin());
  }
  return unreported;
}

}  // namespace fedround::coordinator
