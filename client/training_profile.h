// How the time of a training task divides into phases, from stamps in some of its steps.
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

// One of this many steps is sampled.
inline constexpr std::uint64_t kSampleEvery = 8;
// With fewer steps than this, all are sampled.
inline constexpr std::uint64_t kFewSteps = 2 * kSampleEvery;

// Divides `total_ns` in proportion to `ticks` and adds the parts to `step_ns`; they add up to the
// nanosecond. All of it goes to kLoad if there are no ticks. The ticks must sum to less than 2^64,
// which holds for disjoint laps of one counter.
void Divide(Nanos total_ns, std::span<const std::uint64_t, kStepPhases> ticks,
            std::span<Nanos, kStepPhases> step_ns);

// Watches one task: construct; for each epoch BeginSteps, BeginStep for each of its steps,
// EndSteps; Finish. Time outside of BeginSteps .. EndSteps counts as kLoad. It is told the
// (monotonic) time; the phases of steps are measured by another clock. Not thread-safe.
class TrainingClock {
 public:
  // A task of `steps` steps starts. Unless `on`, steps are counted but not measured.
  TrainingClock(bool on, std::uint64_t steps, Nanos now)
      : on_(on), expected_steps_(steps), start_ns_(now) {}

  void BeginSteps(Nanos now) { steps_began_ns_ = now; }
  // Where the step books its phases; null if it is not sampled.
  nn::StepProfile* BeginStep();
  void EndSteps(Nanos now) { in_steps_ns_ += now - steps_began_ns_; }

  // The task ends. The phases add up to the time since its start.
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
