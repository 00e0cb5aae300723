#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "tests/common/algorithm/algorithm_tools.h"

namespace fedround::algorithm {
namespace {

TEST(TrimmedMean, LeavesOutTheExtremesOfEachEntry) {
  Halves halves("trimmed_mean", {}, 3, {0, 0, 0});
  EXPECT_EQ(halves.Apply({{0, 1, {1, 2, 3}}, {1, 9, {7, 8, 9}}, {2, 1, {4, 5, 6}}}),
            (std::vector<float>{4, 5, 6}));
}

TEST(TrimmedMean, TakesTheMeanOfTheRest) {
  Halves halves("trimmed_mean", {}, 4, {0});
  EXPECT_EQ(halves.Apply({{0, 1, {16}}, {1, 1, {-16}}, {2, 1, {1}}, {3, 1, {2}}})[0], 1.5F);
}

TEST(TrimmedMean, NeedsMoreClientsThanItLeavesOut) {
  EXPECT_EQ(Halves("trimmed_mean", {{"trim", 2.0}}, 5).needs.min_answers, 5U);
}

TEST(TrimmedMean, WithoutTrimmingIsTheMeanOfClientsThatCountAlike) {
  Halves halves("trimmed_mean", {{"trim", 0.0}}, 2, {0});
  EXPECT_EQ(halves.Apply({{0, 100, {1}}, {1, 1, {2}}})[0], 1.5F);
}

}  // namespace
}  // namespace fedround::algorithm
