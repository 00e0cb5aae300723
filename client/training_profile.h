// How the time of one training task divides into phases, from stamps in some of its steps.
#pragma once

#include <cstdint>
#include <span>

#include "common/base/clock.h"
#include "common/nn/training/step_profile.h"
#include "common/round/types.h"

namespace fedround::client {

struct TrainingProfile {
  Nanos step_ns[kStepPhases] = {};  // in the order of StepPhase; adds up to the task's wall time
  std::uint64_t steps = 0;
  std::uint64_t sampled_steps = 0;  // 0: nothing was measured, step_ns is all 0
};

// Of every so many steps one is sampled.
inline constexpr std::uint64_t kSampleEvery = 8;
// With fewer steps than this all are sampled.
inline constexpr std::uint64_t kFewSteps = 2 * kSampleEvery;

// Divides `total_ns` in proportion to `ticks`, without a nanosecond lost: the parts add up to it.
// All of it goes to kLoad if there are no ticks. Adds to `step_ns`. Disjoint laps of one counter
// sum to less than 2^64 ticks; more are not divided rightly.
void Divide(Nanos total_ns, std::span<const std::uint64_t, kStepPhases> ticks,
            std::span<Nanos, kStepPhases> step_ns);

// Watches one task: construct, then for each epoch BeginSteps, BeginStep for each of its steps,
// EndSteps; Finish. What is outside of BeginSteps .. EndSteps counts as kLoad. It is told the time
// (monotonic), as the phases of steps need another clock. Not thread-safe.
class TrainingClock {
 public:
  // A task of `steps` steps starts. If not `on`, steps are counted but never measured.
  TrainingClock(bool on, std::uint64_t steps, Nanos now)
      : on_(on), expected_steps_(steps), start_ns_(now) {}

  void BeginSteps(Nanos now) { steps_began_ns_ = now; }
  // Where the step is to book its phases; null if it is not sampled.
  nn::StepProfile* BeginStep();
  void EndSteps(Nanos now) { in_steps_ns_ += now - steps_began_ns_; }

  // The task ends. The phases add up to what passed since its start.
  TrainingProfile Finish(Nanos now) &&;

 private:
  bool IsSampled(std::uint64_t step) const;

  const bool on_;
  const std::uint64_t expected_steps_;
  const Nanos start_ns_;
  Nanos steps_began_ns_ = 0;
  Nanos in_steps_ns_ = 0;
  nn::StepProfile samples_;
  TrainingProfile profile_;
};

}  // namespace fedround::client
