// Signs that something else had the machine while we measured: a time taken under them says little
// about the program. Nothing here corrects a time; it tells which ones to doubt.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"
#include "common/base/clock.h"
#include "common/base/io/file.h"

namespace fedround {

// Counts that only grow. What happened between two readings is their difference.
struct Disturbance {
  std::uint64_t involuntary_switches = 0;  // the kernel gave the core to somebody else
  Nanos steal_ns = 0;  // the hypervisor did, summed over all cores of the machine; 10 ms steps

  bool operator==(const Disturbance&) const = default;
};

// Never negative: a virtual machine that moved to another host may find its counts lowered.
Disturbance Difference(const Disturbance& before, const Disturbance& after);

// Keeps /proc/stat open. Thread-safe.
class DisturbanceMeter {
 public:
  DisturbanceMeter();

  // Switches of all threads of this process. About 25 us on 2 cores, nearly all of it /proc/stat,
  // which has a line a core: once a round, not once a task.
  Disturbance Read() const;

 private:
  // 0 where the system does not count it.
  Nanos StealNs() const;

  const Fd stat_;  // none where there is no such file
  const std::int64_t ticks_per_second_;
};

// The machine's steal time in the text of /proc/stat: the 8th number of its first line. 0 if it is
// not there or cannot be right.
Nanos ParseSteal(absl::string_view stat, std::int64_t ticks_per_second);

// `steps` multiply-adds, each of which needs the one before: counts to `steps`.
double CountByMultiplyAdd(int steps);

// Wall time of a fixed CountByMultiplyAdd, about 20 us at 4 GHz: how fast this core is right now. A
// throttled or shared one takes longer. Compare with the smallest of the same machine and build
// only: the instructions differ between SIMD levels.
Nanos ProbeFloatingPoint();

}  // namespace fedround
