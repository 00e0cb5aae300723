#include "common/kernels/elementwise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/common/kernels/random_values.h"

namespace fedround::kernels {
namespace {

using testing::ElementsAre;

TEST(Map, WritesElsewhere) {
  const std::vector<float> in = {1, 2, 3};
  std::vector<float> out(3);
  Map(in, out, [](float x) { return 2 * x + 1; });
  EXPECT_THAT(out, ElementsAre(3, 5, 7));
}

TEST(Map, WritesInPlace) {
  std::vector<float> values = {1, 2, 3};
  Map(values, values, [](float x) { return 2 * x + 1; });
  EXPECT_THAT(values, ElementsAre(3, 5, 7));
}

TEST(Map, ReachesEveryElementOfOddLengths) {
  for (std::size_t size = 0; size <= 67; ++size) {
    std::vector<float> values = RandomValues(size, 1);
    std::vector<float> expected = values;
    for (float& value : expected) value *= 2;
    Map(values, values, [](float x) { return 2 * x; });
    ASSERT_EQ(values, expected) << size;
  }
}

TEST(Combine, ReadsTwoSpans) {
  const std::vector<float> in = {1, 2, 3};
  std::vector<float> inout = {10, 20, 30};
  Combine(in, inout, [](float x, float y) { return y - x; });
  EXPECT_THAT(inout, ElementsAre(9, 18, 27));
}

TEST(Combine, ReadsThreeSpans) {
  const std::vector<float> first = {1, 2}, second = {3, 5};
  std::vector<float> inout = {10, 20};
  Combine(first, second, inout, [](float a, float b, float y) { return y + a * b; });
  EXPECT_THAT(inout, ElementsAre(13, 30));
}

}  // namespace
}  // namespace fedround::kernels
