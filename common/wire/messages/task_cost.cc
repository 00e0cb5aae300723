#include "common/wire/messages/task_cost.h"

#include <algorithm>
#include <bitset>
#include <iterator>
#include <limits>
#include <numeric>
#include <span>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "common/wire/message.h"
#include "common/wire/text.h"
#include "fedround/v1/federation.pb.h"

namespace fedround::wire {
namespace {

constexpr std::size_t kMaxFailure = 1024;
constexpr std::size_t kMaxPhaseName = 64;

using PhaseTimes = google::protobuf::RepeatedPtrField<v1::PhaseTime>;

// Adds the phases that took any time. `cpu_ns` may be empty.
template <std::size_t N>
void SetPhases(const absl::string_view (&names)[N], std::span<const Nanos> ns,
               std::span<const Nanos> cpu_ns, PhaseTimes& phases) {
  for (std::size_t i = 0; i < N; ++i) {
    const Nanos cpu = cpu_ns.empty() ? 0 : cpu_ns[i];
    if (ns[i] == 0 && cpu == 0) continue;
    v1::PhaseTime& phase = *phases.Add();
    phase.set_name(names[i].data(), names[i].size());
    phase.set_ns(ns[i]);
    phase.set_cpu_ns(cpu);
  }
}

}  // namespace

void ToMessage(const TaskCost& cost, v1::TaskCost& message) {
  message.set_ask(cost.ask);
  message.set_client(cost.client);
  message.set_start_ns(cost.start_ns);
  message.set_end_ns(cost.end_ns);
  SetPhases(kClientPhaseNames, cost.phase_ns, cost.phase_cpu_ns, *message.mutable_phases());
  if (cost.sampled_steps > 0) {
    SetPhases(kStepPhaseNames, cost.step_ns, {}, *message.mutable_train_phases());
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

absl::Status CheckTime(absl::string_view field, absl::string_view phase, Nanos time) {
  if (time >= 0 && time <= kLongestPhase) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("TaskCost.", field, ": ", phase, ": ", time,
                                                 " ns: must be >= 0 and at most a year"));
}

// Sets the times of phases by their names; missing ones count as 0. If `cpu_ns` is empty, processor
// times are ignored.
template <std::size_t N>
absl::Status ParsePhases(absl::string_view field, const PhaseTimes& phases,
                         const absl::string_view (&names)[N], std::span<Nanos> ns,
                         std::span<Nanos> cpu_ns) {
  const auto refused = [field](const auto&... what) {
    return absl::InvalidArgumentError(absl::StrCat("TaskCost.", field, ": ", what...));
  };
  std::bitset<N> seen;
  for (const v1::PhaseTime& phase : phases) {
    RETURN_IF_ERROR(CheckLength("TaskCost.PhaseTime.name", phase.name(), kMaxPhaseName));
    const auto named = std::ranges::find(names, absl::string_view(phase.name()));
    if (named == std::end(names)) {
      return refused("\"", phase.name(), "\" is none of ", absl::StrJoin(names, ", "));
    }
    const auto i = static_cast<std::size_t>(named - std::begin(names));
    if (seen[i]) return refused(phase.name(), " occurs twice");
    seen[i] = true;
    RETURN_IF_ERROR(CheckTime(field, phase.name(), phase.ns()));
    ns[i] = phase.ns();
    if (cpu_ns.empty()) continue;
    RETURN_IF_ERROR(CheckTime(field, phase.name(), phase.cpu_ns()));
    cpu_ns[i] = phase.cpu_ns();
  }
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
    return absl::InvalidArgumentError(absl::StrCat("TaskCost.phases: they add up to ",
                                                   Sum(cost.phase_ns),
                                                   " ns; end_ns - start_ns = ", length));
  }
  const Nanos train = cost.phase(ClientPhase::kTrain);
  if (cost.sampled_steps > 0 && Sum(cost.step_ns) != train) {
    return absl::InvalidArgumentError(absl::StrCat("TaskCost.train_phases: they add up to ",
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
  RETURN_IF_ERROR(
      ParsePhases("phases", message.phases(), kClientPhaseNames, cost.phase_ns, cost.phase_cpu_ns));
  RETURN_IF_ERROR(
      ParsePhases("train_phases", message.train_phases(), kStepPhaseNames, cost.step_ns, {}));
  cost.ask = message.ask();
  cost.client = message.client();
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
