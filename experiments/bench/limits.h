// The machine's own limits, to compare with: arithmetic, the second-level cache, memory. Each is a
// variant, so that it takes turns with what it limits.
//
// They use the widest vectors of this machine, whatever the rest was compiled for.
#pragma once

#include <cstddef>
#include <vector>

#include "absl/strings/string_view.h"
#include "experiments/bench/contest.h"

namespace fedround::bench {

// "AVX-512", "AVX2" or "SSE2".
absl::string_view WidestVectors();

struct Limit {
  Variant variant;
  double work_per_step = 0;  // floating-point operations or bytes
};

// In this order.
enum LimitIndex : std::size_t {
  kFma,       // multiply-adds in registers; one is two operations
  kL2Read,    // summing 512 KiB over and over
  kL2Update,  // the same, writing each value back; bytes are counted twice
  kDramRead,  // summing 128 MiB, four streams at a time
  kLimits,
};

std::vector<Limit> MakeLimits();

}  // namespace fedround::bench
