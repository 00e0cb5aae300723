// The grid's limits from both sides, and that nothing overflows at them.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "common/fold/grid.h"
#include "common/fold/sums.h"

namespace fedround::fold {
namespace {

bool IsGood(std::uint32_t scale_bits, double max_abs, std::uint64_t max_total_weight) {
  return CheckGrid(
             {.scale_bits = scale_bits, .max_abs = max_abs, .max_total_weight = max_total_weight})
      .ok();
}

TEST(GridLimits, ScaleHasOneTo40Bits) {
  EXPECT_FALSE(IsGood(0, 1, 1));
  EXPECT_TRUE(IsGood(1, 1, 1));
  EXPECT_TRUE(IsGood(40, 1, 1));
  EXPECT_FALSE(IsGood(41, 1, 1));
}

TEST(GridLimits, LargestEntryTakes51Bits) {
  EXPECT_TRUE(IsGood(40, std::nextafter(2048.0, 0.0), 1));
  EXPECT_FALSE(IsGood(40, 2048, 1));
  EXPECT_TRUE(IsGood(1, std::nextafter(0x1p50, 0.0), 1));
  EXPECT_FALSE(IsGood(1, 0x1p50, 1));
}

TEST(GridLimits, LargestEntryIsAboveZero) {
  EXPECT_TRUE(IsGood(32, std::numeric_limits<float>::min(), 1));
  for (const double max_abs : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(),
                               std::numeric_limits<double>::infinity()}) {
    EXPECT_FALSE(IsGood(32, max_abs, 1)) << max_abs;
  }
}

TEST(GridLimits, SumTakes63Bits) {
  EXPECT_TRUE(IsGood(40, 1024, (1 << 13) - 1));
  EXPECT_FALSE(IsGood(40, 1024, 1 << 13));
  EXPECT_TRUE(IsGood(1, 1, (std::uint64_t{1} << 62) - (std::uint64_t{1} << 20)));
  EXPECT_FALSE(IsGood(1, 1, std::uint64_t{1} << 62));
}

TEST(GridLimits, ARoundWeighsSomething) { EXPECT_FALSE(IsGood(32, 16, 0)); }

// As much weight as may be, all on the largest entry: one bit more would turn the sum negative.
TEST(GridLimits, ASumAtAllLimitsIsExact) {
  const Grid grid{.scale_bits = 40, .max_abs = 1024, .max_total_weight = (1 << 13) - 1};
  ASSERT_TRUE(CheckGrid(grid).ok());
  const std::vector<float> update{1024, -1024};
  ASSERT_TRUE(CheckOnGrid(update, grid).ok());
  Sums accumulator(grid, update.size());
  const WeightedUpdate updates[] = {{update, 1 << 12}, {update, (1 << 12) - 1}};
  accumulator.Add(updates);
  EXPECT_EQ(accumulator.sums()[0], std::int64_t{8191} << 50);
  EXPECT_EQ(accumulator.sums()[1], -(std::int64_t{8191} << 50));
  std::vector<float> mean(2);
  accumulator.WriteMean(mean);
  EXPECT_EQ(mean, update);
}

// A limit that lies between two floats: the one below it is the largest that counts, either way.
TEST(GridLimits, ALimitThatIsNoFloatEndsAtTheFloatBelow) {
  const float below = 0.1F - 0x1p-27F;  // 0.1F itself is above 0.1
  for (const float sign : {1.0F, -1.0F}) {
    const Grid grid{.scale_bits = 32, .max_abs = 0.1, .max_total_weight = 1};
    EXPECT_TRUE(CheckOnGrid(std::vector<float>{sign * below}, grid).ok());
    EXPECT_FALSE(CheckOnGrid(std::vector<float>{sign * 0.1F}, grid).ok());
  }
}

}  // namespace
}  // namespace fedround::fold
