// Tells which threads do not get on: stopped by a signal or a debugger, frozen, swapped out.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>

#include "common/base/clock.h"

namespace fedround::slots {

// Not thread-safe. It looks at a thread ten times a second at most, and not in its own first tenth:
// most who ask need not wait so long.
class StallWatch {
 public:
  explicit StallWatch(Nanos now) : started_(now) {}

  // Whether thread `tid` of process `pid` is stopped, or has for a second neither used processor
  // time nor wanted to. False where /proc does not show it.
  bool Stalled(pid_t pid, pid_t tid, Nanos now);

 private:
  struct Seen {
    Nanos looked = 0;
    Nanos moved = 0;  // when it last did something, as far as we saw
    std::uint64_t ticks = 0;
    bool stalled = false;
  };
  const Nanos started_;
  std::map<pid_t, Seen> seen_;  // by tid
};

}  // namespace fedround::slots
