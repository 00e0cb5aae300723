// What this process has used so far, as the kernel counts it.
#pragma once

#include <cstdint>

#include "common/base/clock.h"

namespace fedround {

struct ResourceUsage {
  Nanos cpu_ns = 0;  // user and system, all threads
  std::uint64_t peak_rss_bytes = 0;
  std::uint64_t involuntary_switches = 0;
  std::uint64_t minor_faults = 0;
};

// About 2 us.
ResourceUsage ReadResourceUsage();

// How often the kernel took the core from the calling thread. Takes about 0.25 us.
std::uint64_t ThreadInvoluntarySwitches();

// Cores this process may run on.
int UsableCores();

// Keeps freed memory instead of returning it to the kernel: otherwise every round pays page faults
// for its buffers (450 per megabyte). Call it once, first in main.
void KeepFreedMemory();

// The opposite, once: for a process that will be idle for a while. Takes some milliseconds.
void GiveFreedMemoryBack();

// Unmaps the program's code and constants; what is needed again comes back from the page cache, a
// few pages at a time. Most of what the start-up touches (descriptors, set-up, option parsing) is
// never needed again, and there may be a thousand such processes. Call it once, after the start-up.
void ForgetStartupCode();

}  // namespace fedround
