// For how long something that should move has not: a transfer, a call.
//
// Time is counted in the steps of whoever looks, not read from a clock: a process that was stopped
// or starved must not take its own pause for that of its peer, so however late a look comes, it
// counts as one step.
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
  // So many bytes have moved in all, as whoever looks has counted them, before each look. A few
  // more than at the look before are no motion: a peer that does nothing still answers pings. By
  // the thread that looks.
  void MovedTo(std::uint64_t bytes) {
    if (bytes >= bytes_ + kLeastBytes) Moved();
    bytes_ = bytes;
  }
  // To be called every `step`, by one thread at a time. Returns for how long nothing has moved: 0
  // if something has since the last call.
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
