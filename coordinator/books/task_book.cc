#include "coordinator/books/task_book.h"

#include <limits>

#include "common/ledger/modelled_time.h"
#include "coordinator/books/clock_bounds.h"

namespace fedround::coordinator {

void TaskBook::Sent(const Instruction& instruction, Nanos now) {
  if (instruction.task == TaskKind::kLeave) return;
  // The client is asked again after it came back, and may still be working on the first request: so
  // that remains the time when it was asked. What it has reported since is void.
  Update(tasks_[{instruction.round, instruction.client, instruction.step}], [&](Task& task) {
    task = Task{.kind = instruction.task, .sent_ns = task.sent_ns != 0 ? task.sent_ns : now};
  });
}

ledger::AnswerRow TaskBook::Accepted(const UpdateHeader& header, const UploadTimes& times,
                                     std::uint64_t weight, Nanos now) {
  Task& answered = tasks_[{header.round, header.client, header.step}];
  Update(answered, [&](Task& task) {
    task.header_sent_ns = header.sent_ns;
    task.header_arrived_ns = times.offered_ns;
    task.accepted_ns = now;
  });
  return {.round = header.round,
          .client = header.client,
          .step = header.step,
          .task = header.task,
          .weight = weight,
          .metrics = header.metrics,
          .health = header.health,
          .sent_ns = answered.sent_ns,
          .received_ns = times.received_ns,
          .accepted_ns = now};
}

std::optional<ledger::TaskRow> TaskBook::Take(const TaskCost& cost, Nanos now) {
  const auto found = tasks_.find({cost.round, cost.client, cost.step});
  if (found == tasks_.end() || found->second.reported || found->second.kind != cost.task) {
    return std::nullopt;
  }
  Task& task = found->second;
  ClockBounds bounds;
  bounds.ToClient(task.sent_ns, cost.start_ns + cost.phase(ClientPhase::kWaitInstruction));
  if (task.header_sent_ns != 0) bounds.FromClient(task.header_sent_ns, task.header_arrived_ns);
  if (task.accepted_ns != 0) bounds.ToClient(task.accepted_ns, cost.end_ns);
  if (cost.sent_ns != 0) bounds.FromClient(cost.sent_ns, now);
  ledger::TaskRow record{cost, ledger::DeviceTime(cost)};
  if (const auto offset = bounds.Get(); offset.has_value()) {
    record.clock_offset_ns = offset->offset_ns;
    record.clock_bound_ns = offset->bound_ns;
  }
  Update(task, [](Task& reported) { reported.reported = true; });
  return record;
}

void TaskBook::Left(ClientId client) {
  // Round by round, directly to the client's own tasks: when a host with thousands of clients dies,
  // not all tasks are to be searched for each of them.
  constexpr auto kLast = std::numeric_limits<std::uint32_t>::max();
  for (auto next = tasks_.begin(); next != tasks_.end();) {
    const std::uint32_t round = std::get<0>(next->first);
    const auto end = tasks_.upper_bound({round, client, kLast});
    for (next = tasks_.lower_bound({round, client, 0}); next != end; ++next) {
      Update(next->second, [](Task& gone) { gone.left = true; });
    }
    next = tasks_.upper_bound({round, std::numeric_limits<ClientId>::max(), kLast});
  }
}

std::vector<ledger::FailureRecord> TaskBook::Forget(std::uint32_t round, Nanos now) {
  std::vector<ledger::FailureRecord> unreported;
  while (!tasks_.empty() && std::get<0>(tasks_.begin()->first) < round) {
    const auto [of_round, client, step] = tasks_.begin()->first;
    Task& task = tasks_.begin()->second;
    if (task.accepted_ns != 0 && !task.reported) {
      unreported.push_back({.round = of_round,
                            .client = client,
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
