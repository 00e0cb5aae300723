#include "common/wire/task_cost.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <span>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/wire/message.h"
#include "common/wire/task_kind.h"
#include "common/wire/text.h"
#include "fedround/v1/federation.pb.h"

namespace fedround::wire {
namespace {

constexpr std::size_t kMaxFailure = 1024;

}  // namespace

void ToMessage(const TaskCost& cost, v1::TaskCost& message) {
  message.set_client(cost.client);
  message.set_round(cost.round);
  message.set_attempt(cost.attempt);
  message.set_task(static_cast<v1::Instruction::Task>(cost.task));
  message.set_start_ns(cost.start_ns);
  message.set_end_ns(cost.end_ns);
  message.mutable_phase_ns()->Add(std::begin(cost.phase_ns), std::end(cost.phase_ns));
  message.mutable_phase_cpu_ns()->Add(std::begin(cost.phase_cpu_ns), std::end(cost.phase_cpu_ns));
  if (cost.sampled_steps > 0) {
    message.mutable_step_ns()->Add(std::begin(cost.step_ns), std::end(cost.step_ns));
  }
  message.set_steps(cost.steps);
  message.set_sampled_steps(cost.sampled_steps);
  message.set_involuntary_switches(cost.involuntary_switches);
  message.set_payload_bytes_down(cost.payload_bytes_down);
  message.set_payload_bytes_up(cost.payload_bytes_up);
  message.set_message_bytes_down(cost.message_bytes_down);
  message.set_message_bytes_up(cost.message_bytes_up);
  message.set_sent_ns(cost.sent_ns);
  message.set_failure(Utf8Text(cost.failure, kMaxFailure));
  message.set_retries(cost.retries);
}

std::string SerializeTaskCost(const TaskCost& cost) {
  v1::TaskCost message;
  ToMessage(cost, message);
  return message.SerializeAsString();
}

namespace {

// So that no sum of them overflows.
constexpr Nanos kLongestPhase = Nanos{366} * 24 * 3600 * kNanosPerSecond;
constexpr std::uint64_t kMostCounted = std::uint64_t{1} << 50;

using Times = google::protobuf::RepeatedField<std::int64_t>;

// Missing times at the end count as 0.
absl::Status ParseTimes(absl::string_view name, const Times& times, std::span<Nanos> out) {
  if (static_cast<std::size_t>(times.size()) > out.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("TaskCost.", name, ": ", times.size(), " times, at most ", out.size()));
  }
  for (const Nanos time : times) {
    if (time < 0 || time > kLongestPhase) {
      return absl::InvalidArgumentError(
          absl::StrCat("TaskCost.", name, ": ", time, " ns: must be >= 0 and at most a year"));
    }
  }
  std::copy(times.begin(), times.end(), out.begin());
  return absl::OkStatus();
}

Nanos Sum(std::span<const Nanos> times) {
  return std::accumulate(times.begin(), times.end(), Nanos{0});
}

absl::Status CheckCounts(const TaskCost& cost) {
  if (std::max({cost.steps, cost.sampled_steps, cost.involuntary_switches, cost.payload_bytes_down,
                cost.payload_bytes_up, cost.message_bytes_down, cost.message_bytes_up}) >
      kMostCounted) {
    return absl::InvalidArgumentError("TaskCost: a count is out of range");
  }
  if (cost.sampled_steps > cost.steps) {
    return absl::InvalidArgumentError(absl::StrCat("TaskCost.sampled_steps = ", cost.sampled_steps,
                                                   ": at most steps = ", cost.steps));
  }
  return absl::OkStatus();
}

// If it did not add up here, the ledger would later seem to have a gap.
absl::Status CheckChain(const TaskCost& cost) {
  for (const Nanos stamp : {cost.start_ns, cost.end_ns, cost.sent_ns}) {
    if (stamp < -kLatestStamp || stamp > kLatestStamp) {
      return absl::InvalidArgumentError(
          absl::StrCat("TaskCost: ", stamp, " ns is out of range for a clock"));
    }
  }
  const Nanos length = cost.end_ns - cost.start_ns;
  if (Sum(cost.phase_ns) != length) {
    return absl::InvalidArgumentError(absl::StrCat("TaskCost.phase_ns: the phases add up to ",
                                                   Sum(cost.phase_ns),
                                                   " ns; end_ns - start_ns = ", length));
  }
  const Nanos train = cost.phase(ClientPhase::kTrain);
  if (cost.sampled_steps > 0 && Sum(cost.step_ns) != train) {
    return absl::InvalidArgumentError(absl::StrCat("TaskCost.step_ns: they add up to ",
                                                   Sum(cost.step_ns), " ns; train took ", train));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TaskCost> ParseTaskCost(absl::string_view bytes) {
  v1::TaskCost message;
  RETURN_IF_ERROR(ParseMessage(bytes, "TaskCost", message));
  return FromMessage(message);
}

absl::StatusOr<TaskCost> FromMessage(const v1::TaskCost& message) {
  TaskCost cost;
  ASSIGN_OR_RETURN(cost.task, ParseTaskKind(message.task(), "TaskCost.task"));
  if (cost.task == TaskKind::kLeave) {
    return absl::InvalidArgumentError("TaskCost.task = LEAVE: leaving is not a task with a cost");
  }
  RETURN_IF_ERROR(ParseTimes("phase_ns", message.phase_ns(), cost.phase_ns));
  RETURN_IF_ERROR(ParseTimes("phase_cpu_ns", message.phase_cpu_ns(), cost.phase_cpu_ns));
  RETURN_IF_ERROR(ParseTimes("step_ns", message.step_ns(), cost.step_ns));
  cost.client = message.client();
  cost.round = message.round();
  cost.attempt = message.attempt();
  cost.start_ns = message.start_ns();
  cost.end_ns = message.end_ns();
  cost.steps = message.steps();
  cost.sampled_steps = message.sampled_steps();
  cost.involuntary_switches = message.involuntary_switches();
  cost.payload_bytes_down = message.payload_bytes_down();
  cost.payload_bytes_up = message.payload_bytes_up();
  cost.message_bytes_down = message.message_bytes_down();
  cost.message_bytes_up = message.message_bytes_up();
  cost.sent_ns = message.sent_ns();
  RETURN_IF_ERROR(CheckLength("TaskCost.failure", message.failure(), kMaxFailure));
  cost.failure = message.failure();
  cost.retries = message.retries();
  RETURN_IF_ERROR(CheckCounts(cost));
  RETURN_IF_ERROR(CheckChain(cost));
  return cost;
}

}  // namespace fedround::wire
