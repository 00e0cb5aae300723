#include <numeric>

#include "common/base/check.h"
#include "common/wire/messages/task_cost.h"
#include "tests/fuzz/support/fuzz_one.h"

namespace fedround::fuzz {
namespace {

Nanos Sum(std::span<const Nanos> times) {
  for (const Nanos time : times) CHECK(time >= 0);
  return std::accumulate(times.begin(), times.end(), Nanos{0});
}

}  // namespace

// If a report is accepted, its phases must be a gapless chain, and it must be the same after it has
// been written and read again. With any bytes as its failure, a report must be readable.
void FuzzOne(std::span<const std::uint8_t> bytes) {
  const TaskCost failed{.failure = std::string(AsText(bytes))};
  CHECK(wire::ParseTaskCost(wire::SerializeTaskCost(failed)).ok());
  const auto cost = wire::ParseTaskCost(AsText(bytes));
  if (!cost.ok()) return;
  CHECK(cost->end_ns - cost->start_ns == Sum(cost->phase_ns));
  CHECK(Sum(cost->phase_cpu_ns) >= 0);
  const Nanos steps = Sum(cost->step_ns);
  if (cost->sampled_steps > 0) CHECK(steps == cost->phase(ClientPhase::kTrain));
  CHECK(cost->sampled_steps <= cost->steps);
  const std::string message = wire::SerializeTaskCost(*cost);
  const auto again = wire::ParseTaskCost(message);
  CHECK(again.ok() && wire::SerializeTaskCost(*again) == message);
}

}  // namespace fedround::fuzz
