#include "common/base/cpu/simd.h"

#include <gtest/gtest.h>

#include "common/base/named_enum.h"
#include "tests/support/simd_levels.h"

namespace fedround {
namespace {

TEST(SimdLevel, IsWhatItsChoiceNames) {
  for (const SimdLevel level : kSimdLevels) {
    EXPECT_EQ(LevelOf(ChoiceOf(level)), level);
    EXPECT_EQ(NameOf(ChoiceOf(level)), NameOf(level));
  }
}

TEST(SimdLevel, AutoIsTheBest) { EXPECT_EQ(LevelOf(SimdChoice::kAuto), BestSimdLevel()); }

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
