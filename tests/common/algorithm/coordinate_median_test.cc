#include <gtest/gtest.h>

#include <vector>

#include "tests/common/algorithm/algorithm_tools.h"

namespace fedround::algorithm {
namespace {

TEST(CoordinateMedian, IsTheMiddleOfEachEntry) {
  Halves halves("coordinate_median", {}, 3, {0, 0, 0});
  EXPECT_EQ(halves.Apply({{0, 1, {1, 8, 3}}, {1, 9, {7, 2, 9}}, {2, 1, {4, 5, 6}}}),
            (std::vector<float>{4, 5, 6}));
}

TEST(CoordinateMedian, OfAnEvenNumberIsTheMeanOfTheTwoInTheMiddle) {
  Halves halves("coordinate_median", {}, 4, {0});
  EXPECT_EQ(halves.Apply({{0, 1, {16}}, {1, 1, {-16}}, {2, 1, {1}}, {3, 1, {2}}})[0], 1.5F);
}

}  // namespace
}  // namespace fedround::algorithm
