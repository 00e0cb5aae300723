// The SIMD levels of this machine, one after the other.
#pragma once

#include <vector>

#include "common/base/check.h"
#include "common/base/cpu/simd.h"

namespace fedround {

// Works at `level`, which the machine must have, until the end of the scope.
class ScopedSimdLevel {
 public:
  explicit ScopedSimdLevel(SimdLevel level) : before_(SimdLevelInUse()) {
    CHECK(UseSimdLevel(level).ok());
  }
  ~ScopedSimdLevel() { CHECK(UseSimdLevel(before_).ok()); }
  ScopedSimdLevel(const ScopedSimdLevel&) = delete;
  ScopedSimdLevel& operator=(const ScopedSimdLevel&) = delete;

 private:
  const SimdLevel before_;
};

inline std::vector<SimdLevel> SimdLevelsOfThisMachine() {
  std::vector<SimdLevel> levels;
  for (const SimdLevel level : kSimdLevels) {
    if (level <= BestSimdLevel()) levels.push_back(level);
  }
  return levels;
}

}  // namespace fedround
