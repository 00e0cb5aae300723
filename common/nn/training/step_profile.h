// Where the time of a training step goes, by phase.
//
// Stamps form a chain: each one ends a phase and starts the next, so every moment between the start
// and the last stamp of a step belongs to exactly one phase. A stamp takes 11 to 26 ns and no
// system call; a caller profiles some steps and passes null for the others.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "common/base/clock.h"
#include "common/round/types.h"

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace fedround::nn {

// A clock that never goes back on one core; its unit differs between machines.
inline std::uint64_t ReadTicks() {
#if defined(__x86_64__)
  return __rdtsc();
#else
  return static_cast<std::uint64_t>(MonotonicNow());
#endif
}

// Not thread-safe.
class StepProfile {
 public:
  void StartStep() { last_ = ReadTicks(); }
  // The time since the last stamp belongs to `phase`.
  void End(StepPhase phase) {
    const std::uint64_t now = ReadTicks();
    // A thread that moves between cores whose counters disagree must not book centuries.
    if (now > last_) ticks_[static_cast<std::size_t>(phase)] += now - last_;
    last_ = now;
  }

  // In the order of StepPhase, over all steps so far. Only the proportions are meaningful.
  std::span<const std::uint64_t, kStepPhases> ticks() const { return ticks_; }

 private:
  std::uint64_t last_ = 0;
  std::array<std::uint64_t, kStepPhases> ticks_{};
};

// For steps that may not be profiled: `profile` may be null.
inline void EndPhase(StepProfile* profile, StepPhase phase) {
  if (profile != nullptr) profile->End(phase);
}

}  // namespace fedround::nn
