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

// Times the kernel took the core away from the calling thread. About 0.25 us.
std::uint64_t ThreadInvoluntarySwitches();

// Cores this process may run on.
int UsableCores();

// Keeps freed memory instead of giving it back to the kernel: otherwise every round pays page
// faults for its buffers (450 a megabyte). Call once, first thing in main.
void KeepFreedMemory();

// The opposite, once: for a process that has nothing to do for a while. Takes some milliseconds.
void GiveFreedMemoryBack();

// Unmaps the program's code and constants; what is needed again comes back from the page cache, a
// few pages at a time. Most of what a start touches (descriptors, set-up, option parsing) is never
// needed again, and there may be a thousand of these processes. Call once, when the start is over.
void ForgetStartupCode();

}  // namespace fedround
