#include "common/kernels/max_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "tests/common/kernels/at_level.h"
#include "tests/common/kernels/random_values.h"

namespace fedround::kernels {
namespace {

using testing::ElementsAre;
using testing::IsNan;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

struct Pooled {
  std::vector<float> y;
  std::vector<float> dx;
};

Pooled Pool(const PoolShape& shape, const std::vector<float>& x, const std::vector<float>& dy) {
  Pooled result{std::vector<float>(dy.size()), std::vector<float>(x.size(), 9.0f)};
  MaxPoolForward(shape, x, result.y);
  MaxPoolBackward(shape, x, result.y, dy, result.dx);
  return result;
}

class MaxPoolAtLevel : public AtLevel {};
FEDROUND_AT_EACH_LEVEL(MaxPoolAtLevel);

TEST_P(MaxPoolAtLevel, TakesTheLargestOfEachChannel) {
  const std::vector<float> x = {1, 8, 2, 7, 3, 6, -4, 5};  // 2x2, two channels
  EXPECT_THAT(Pool({1, 2, 2, 2, 2, 2}, x, {1, 1}).y, ElementsAre(3, 8));
}

TEST_P(MaxPoolAtLevel, SendsTheGradientWhereTheLargestIs) {
  const std::vector<float> x = {1, 8, 2, 7, 3, 6, -4, 5};
  EXPECT_THAT(Pool({1, 2, 2, 2, 2, 2}, x, {10, 20}).dx, ElementsAre(0, 20, 0, 0, 10, 0, 0, 0));
}

TEST_P(MaxPoolAtLevel, SendsTheGradientToTheFirstOfEquals) {
  EXPECT_THAT(Pool({1, 2, 2, 1, 2, 2}, {0, 3, 3, 3}, {5}).dx, ElementsAre(0, 5, 0, 0));
}

TEST_P(MaxPoolAtLevel, NanIsTheLargest) {
  const Pooled pooled = Pool({1, 2, 2, 1, 2, 2}, {9, kNan, 10, kNan}, {5});
  EXPECT_THAT(pooled.y, ElementsAre(IsNan()));
  EXPECT_THAT(pooled.dx, ElementsAre(0, 5, 0, 0));
}

TEST_P(MaxPoolAtLevel, LeavesOutWhatNoWholeWindowCovers) {
  const Pooled pooled = Pool({1, 3, 3, 1, 2, 2}, {1, 2, 30, 3, 4, 30, 30, 30, 30}, {5});
  EXPECT_THAT(pooled.y, ElementsAre(4));
  EXPECT_THAT(pooled.dx, ElementsAre(0, 0, 0, 0, 5, 0, 0, 0, 0));
}

TEST_P(MaxPoolAtLevel, AddsUpTheGradientsOfWindowsThatOverlap) {
  const Pooled pooled = Pool({1, 1, 3, 1, 1, 1}, {1, 2, 3}, {5, 6, 7});
  EXPECT_THAT(pooled.dx, ElementsAre(5, 6, 7));
  EXPECT_THAT(Pool({1, 3, 3, 1, 2, 1}, {0, 0, 0, 0, 9, 0, 0, 0, 0}, {1, 2, 3, 4}).dx,
              ElementsAre(0, 0, 0, 0, 10, 0, 0, 0, 0));
}

TEST_P(MaxPoolAtLevel, LosesNoGradient) {
  const PoolShape shape{3, 7, 5, 17, 3, 2};
  const std::vector<float> dy(3 * shape.out_height() * shape.out_width() * 17, 1.0f);
  const Pooled pooled = Pool(shape, RandomValues(3 * 7 * 5 * 17, 1), dy);
  float sum = 0;
  for (const float value : pooled.dx) sum += value;
  EXPECT_EQ(sum, static_cast<float>(dy.size()));
}

}  // namespace
}  // namespace fedround::kernels
