#include "client/training_profile.h"

#include <numeric>

#include "absl/numeric/int128.h"

namespace fedround::client {

void Divide(Nanos total_ns, std::span<const std::uint64_t, kStepPhases> ticks,
            std::span<Nanos, kStepPhases> step_ns) {
  const auto total = static_cast<absl::uint128>(total_ns);
  const absl::uint128 all_ticks = std::accumulate(ticks.begin(), ticks.end(), absl::uint128{0});
  if (all_ticks == 0) {
    step_ns[static_cast<std::size_t>(StepPhase::kLoad)] += total_ns;
    return;
  }
  // The ends of the parts are rounded, not their lengths, so the last one ends at `total`.
  absl::uint128 ticks_so_far = 0;
  Nanos end_before = 0;
  for (std::size_t i = 0; i < kStepPhases; ++i) {
    ticks_so_far += ticks[i];
    const auto end = static_cast<Nanos>(total * ticks_so_far / all_ticks);
    step_ns[i] += end - end_before;
    end_before = end;
  }
}

// Among the first kSampleEvery steps it is the middle one: the first step of a task pays for cold
// caches and must not represent the others. After that, each group of kSampleEvery steps samples
// another position, by a stride that reaches all of them; otherwise an epoch of just as many steps
// would always show the same one, such as its smaller last batch.
bool TrainingClock::IsSampled(std::uint64_t step) const {
  constexpr std::uint64_t kStride = 3;
  static_assert(kSampleEvery % kStride != 0);
  const std::uint64_t place = (kSampleEvery / 2 + kStride * (step / kSampleEvery)) % kSampleEvery;
  return expected_steps_ < kFewSteps || step % kSampleEvery == place;
}

nn::StepProfile* TrainingClock::BeginStep() {
  const std::uint64_t step = profile_.steps++;
  if (!on_ || !IsSampled(step)) return nullptr;
  ++profile_.sampled_steps;
  samples_.StartStep();
  return &samples_;
}

TrainingProfile TrainingClock::Finish(Nanos now) && {
  if (on_) {
    const Nanos outside_ns = now - start_ns_ - in_steps_ns_;
    profile_.step_ns[static_cast<std::size_t>(StepPhase::kLoad)] = outside_ns;
    Divide(in_steps_ns_, samples_.ticks(), profile_.step_ns);
  }
  return profile_;
}

}  // namespace fedround::client
