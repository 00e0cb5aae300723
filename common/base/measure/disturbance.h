// Signs that something else used the machine while we measured: a time measured then says little
// about the program. Nothing here corrects a time; it only shows which ones to doubt.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"
#include "common/base/clock.h"
#include "common/base/io/file.h"

namespace fedround {

// Counters that only grow: what happened between two readings is their difference.
struct Disturbance {
  std::uint64_t involuntary_switches = 0;  // times the kernel gave the core to another process
  Nanos steal_ns = 0;  // time the hypervisor took from all cores together, in steps of 10 ms

  bool operator==(const Disturbance&) const = default;
};

// Never negative, although the counters of a virtual machine may drop when it moves to another
// host.
Disturbance Difference(const Disturbance& before, const Disturbance& after);

// Keeps /proc/stat open. Thread-safe.
class DisturbanceMeter {
 public:
  DisturbanceMeter();

  // Switches are those of all threads of this process. Takes about 25 us on 2 cores, nearly all of
  // it for /proc/stat, which has one line per core: once per round, not per task.
  Disturbance Read() const;

 private:
  // 0 if the system does not count it.
  Nanos StealNs() const;

  const Fd stat_;  // none if there is no such file
  const std::int64_t ticks_per_second_;
};

// The machine's steal time in the text of /proc/stat: the 8th number of its first line. 0 if it is
// missing or invalid.
Nanos ParseSteal(absl::string_view stat, std::int64_t ticks_per_second);

// Counts to `steps` by multiply-adds, each of which needs the result of the one before.
double CountByMultiplyAdd(int steps);

// Wall time of a fixed CountByMultiplyAdd, about 20 us at 4 GHz: how fast this core is right now. A
// throttled or shared core takes longer. Compare only with the smallest value of the same machine
// and build: the instructions differ between SIMD levels.
Nanos ProbeFloatingPoint();

}  // namespace fedround
