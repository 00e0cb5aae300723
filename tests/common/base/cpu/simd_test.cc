#include "common/base/cpu/simd.h"

#include <gtest/gtest.h>

#include "tests/support/simd_levels.h"

namespace fedround {
namespace {

TEST(SimdLevel, ReadsItsOwnNames) {
  for (const SimdLevel level : kSimdLevels) {
    EXPECT_EQ(*SimdLevelNamed(SimdLevelName(level)), level);
  }
}

TEST(SimdLevel, AutoIsTheBest) { EXPECT_EQ(*SimdLevelNamed("auto"), BestSimdLevel()); }

TEST(SimdLevel, RefusesOtherNames) {
  EXPECT_EQ(SimdLevelNamed("mmx").status().message(),
            "SIMD level \"mmx\": must be auto, sse2, avx2 or avx512");
}

TEST(SimdLevel, StartsAtTheBest) { EXPECT_EQ(SimdLevelInUse(), BestSimdLevel()); }

TEST(SimdLevel, CanBeLowered) {
  {
    const ScopedSimdLevel scoped(SimdLevel::kSse2);
    EXPECT_EQ(SimdLevelInUse(), SimdLevel::kSse2);
  }
  EXPECT_EQ(SimdLevelInUse(), BestSimdLevel());
}

}  // namespace
}  // namespace fedround
