// For how long something that should move (a transfer, a call) has not moved.
//
// Time is counted in the watcher's steps, not read from a clock: a process that was stopped or
// starved must not mistake its own pause for one of its peer. However late a look comes, it counts
// as one step.
#pragma once

#include <atomic>
#include <cstdint>

#include "common/base/clock.h"

namespace fedround {

class StallMeter {
 public:
  static constexpr std::uint64_t kLeastBytes = 256;

  // Something has moved. Thread-safe.
  void Moved() { moved_.store(true, std::memory_order_relaxed); }
  // Tells, before each look, how many bytes have moved in total. A few more than at the previous
  // look do not count as motion: a peer that does nothing still answers pings. Called by the thread
  // that looks.
  void MovedTo(std::uint64_t bytes) {
    if (bytes >= bytes_ + kLeastBytes) Moved();
    bytes_ = bytes;
  }
  // Call it every `step`, from one thread at a time. Returns for how long nothing has moved: 0 if
  // something has moved since the last call.
  Nanos Look(Nanos step) {
    still_ = moved_.exchange(false, std::memory_order_relaxed) ? 0 : still_ + step;
    return still_;
  }

 private:
  std::atomic<bool> moved_{true};
  Nanos still_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace fedround
