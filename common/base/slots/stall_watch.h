// Tells which threads make no progress: stopped by a signal or a debugger, frozen, swapped out.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>

#include "common/base/clock.h"

namespace fedround::slots {

// Not thread-safe. It looks at a thread at most ten times per second, and not in its own first
// tenth of a second, since most waits are shorter than that.
class StallWatch {
 public:
  explicit StallWatch(Nanos now) : started_(now) {}

  // Whether thread `tid` of process `pid` is stopped, or has for a second neither used nor wanted
  // processor time. False if /proc does not show it.
  bool Stalled(pid_t pid, pid_t tid, Nanos now);

 private:
  struct Seen {
    Nanos looked = 0;
    Nanos moved = 0;  // when it was last seen to make progress
    std::uint64_t ticks = 0;
    bool stalled = false;
  };
  const Nanos started_;
  std::map<pid_t, Seen> seen_;  // by tid
};

}  // namespace fedround::slots
