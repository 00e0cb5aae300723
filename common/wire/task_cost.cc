#include "common/wire/task_cost.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/wire/message.h"
#include "common/wire/task_kind.h"
#include "fedround/v1/federation.pb.h"

namespace fedround::wire {

std::string SerializeTaskCost(const TaskCost& cost) {
  v1::TaskCost message;
  message.set_client(cost.client);
  message.set_round(cost.round);
  message.set_attempt(cost.attempt);
  message.set_task(static_cast<v1::Instruction::Task>(cost.task));
  message.set_start_ns(cost.start_ns);
  for (const Nanos phase : cost.phase_ns) message.add_phase_ns(phase);
  message.set_train_cpu_ns(cost.train_cpu_ns);
  message.set_payload_bytes_down(cost.payload_bytes_down);
  message.set_payload_bytes_up(cost.payload_bytes_up);
  message.set_message_bytes_down(cost.message_bytes_down);
  message.set_message_bytes_up(cost.message_bytes_up);
  return message.SerializeAsString();
}

namespace {

// So that no sum of them overflows.
constexpr Nanos kLongestPhase = Nanos{366} * 24 * 3600 * kNanosPerSecond;
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 50;

}  // namespace

absl::StatusOr<TaskCost> ParseTaskCost(absl::string_view bytes) {
  v1::TaskCost message;
  RETURN_IF_ERROR(ParseMessage(bytes, "TaskCost", message));
  if (message.phase_ns_size() > kClientPhases) {
    return absl::InvalidArgumentError(absl::StrCat("TaskCost.phase_ns: ", message.phase_ns_size(),
                                                   " phases, at most ", kClientPhases));
  }
  const auto absurd = [](Nanos nanos) { return nanos < 0 || nanos > kLongestPhase; };
  if (absurd(message.train_cpu_ns()) ||
      std::any_of(message.phase_ns().begin(), message.phase_ns().end(), absurd)) {
    return absl::InvalidArgumentError(
        "TaskCost: a phase of negative length, or longer than a year");
  }
  if (std::max({message.payload_bytes_down(), message.payload_bytes_up(),
                message.message_bytes_down(), message.message_bytes_up()}) > kMostBytes) {
    return absl::InvalidArgumentError("TaskCost: more bytes than there can be");
  }
  TaskCost cost;
  ASSIGN_OR_RETURN(cost.task, ParseTaskKind(message.task(), "TaskCost.task"));
  cost.client = message.client();
  cost.round = message.round();
  cost.attempt = message.attempt();
  cost.start_ns = message.start_ns();
  std::copy(message.phase_ns().begin(), message.phase_ns().end(), cost.phase_ns);
  cost.train_cpu_ns = message.train_cpu_ns();
  cost.payload_bytes_down = message.payload_bytes_down();
  cost.payload_bytes_up = message.payload_bytes_up();
  cost.message_bytes_down = message.message_bytes_down();
  cost.message_bytes_up = message.message_bytes_up();
  return cost;
}

}  // namespace fedround::wire
