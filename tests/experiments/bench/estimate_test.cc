#include "experiments/bench/estimate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "common/base/rng.h"

namespace fedround::bench {
namespace {

// 1, 2, ..., n, the last first.
std::vector<double> CountDown(std::size_t n) {
  std::vector<double> values(n);
  std::iota(values.rbegin(), values.rend(), 1.0);
  return values;
}

TEST(Estimate, MedianOfOddAndEvenCounts) {
  EXPECT_EQ(EstimateMedian(CountDown(5)).median, 3);
  EXPECT_EQ(EstimateMedian(CountDown(6)).median, 3.5);
}

// Conover 1999, table A3: P(Binomial(n, 1/2) <= 0) at n = 6 is 0.0156, P(<= 5) at n = 20 0.0207,
// P(<= 39) at n = 100 0.0176.
TEST(Estimate, IntervalEndsAtTheOrderStatisticsOfTheBinomial) {
  const auto expect_ends = [](std::size_t n, double low, double high) {
    const Estimate estimate = EstimateMedian(CountDown(n));
    EXPECT_EQ(estimate.low, low) << n;
    EXPECT_EQ(estimate.high, high) << n;
  };
  expect_ends(1, 1, 1);
  expect_ends(5, 1, 5);
  expect_ends(6, 1, 6);
  expect_ends(20, 6, 15);
  expect_ends(100, 40, 61);
}

// 1.96 standard deviations of the binomial, half the root of n each, are 98 values on each side.
TEST(Estimate, IntervalOfManyValuesIsTheNormalOne) {
  const Estimate estimate = EstimateMedian(CountDown(10'000));
  EXPECT_NEAR(estimate.low, 5000 - 98, 2);
  EXPECT_NEAR(estimate.high, 5000 + 98, 2);
}

// 2000 samples: the share that covers is 0.95 or a little more, to within +-0.015 (three sigma).
TEST(Estimate, IntervalCoversTheTrueMedianOfASkewedDistribution) {
  Rng rng(1, RngPurpose::kSyntheticData);
  int covered = 0;
  for (int sample = 0; sample < 2000; ++sample) {
    std::vector<double> values(41);
    for (double& value : values) value = std::exp(3 * rng.NextNormal());  // its median is 1
    if (!EstimateMedian(values).Excludes(1)) ++covered;
  }
  EXPECT_GE(covered, 2000 * 0.935);
  EXPECT_LE(covered, 2000 * 0.985);
}

TEST(Estimate, ExcludesWhatIsOutside) {
  const Estimate estimate{.median = 2, .low = 1, .high = 3};
  EXPECT_FALSE(estimate.Excludes(1));
  EXPECT_FALSE(estimate.Excludes(3));
  EXPECT_TRUE(estimate.Excludes(0.99));
  EXPECT_TRUE(estimate.Excludes(3.01));
}

}  // namespace
}  // namespace fedround::bench
