// What clients were asked and when, until they have reported what it cost them.
//
// Life of a task: Sent, then Accepted and Take in either order, or Take alone if it was given up.
// Owned by the loop; not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "common/base/clock.h"
#include "common/ledger/records.h"
#include "common/round/types.h"
#include "coordinator/intake/upload_intake.h"

namespace fedround::coordinator {

class TaskBook {
 public:
  void Sent(const Instruction& instruction, Nanos now);
  // The record of an answer that counts, to an ask that was sent and not forgotten.
  ledger::AnswerRow Accepted(const UpdateHeader& header, const UploadTimes& times, Nanos now);
  // The task with its cost and the offset of the client's clock. Nothing if no such task was asked,
  // or it has already been reported: peers may report anything.
  std::optional<ledger::TaskRow> Take(const TaskCost& cost, Nanos now);

  // The reports of these clients, which ascend, will not come any more.
  void Left(std::span<const ClientId> clients);
  // Drops tasks of rounds before `round`; returns those that were answered and never reported.
  std::vector<ledger::FailureRecord> Forget(std::uint32_t round, Nanos now);
  // How many tasks count whose cost has not been reported yet.
  std::size_t outstanding() const { return outstanding_; }

 private:
  struct Task {
    Ask ask;
    Nanos sent_ns = 0;
    Nanos header_sent_ns = 0;  // the client's clock; 0: it does not say
    Nanos header_arrived_ns = 0;
    Nanos accepted_ns = 0;  // 0: not accepted
    bool reported = false;
    bool left = false;  // its client has left since
  };
  static bool IsAwaited(const Task& task) {
    return task.accepted_ns != 0 && !task.reported && !task.left;
  }
  // The only way to change a task: keeps the count right.
  template <typename Change>
  void Update(Task& task, const Change& change) {
    if (IsAwaited(task)) --outstanding_;
    change(task);
    if (IsAwaited(task)) ++outstanding_;
  }

  std::map<AskId, Task> tasks_;  // rounds never descend
  std::size_t outstanding_ = 0;
};

}  // namespace fedround::coordinator
