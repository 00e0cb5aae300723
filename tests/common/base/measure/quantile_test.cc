#include "common/base/measure/quantile.h"

#include <gtest/gtest.h>

namespace fedround {
namespace {

TEST(Quantile, IsTheOrderStatisticWhereThereIsOne) {
  EXPECT_EQ(Quantile({5, 1, 3}, 0), 1);
  EXPECT_EQ(Quantile({5, 1, 3}, 0.5), 3);
  EXPECT_EQ(Quantile({5, 1, 3}, 1), 5);
}

TEST(Quantile, InterpolatesLikeNumPy) {
  EXPECT_DOUBLE_EQ(Quantile({40, 10, 30, 20}, 0.95), 38.5);
  EXPECT_DOUBLE_EQ(Quantile({40, 10, 30, 20}, 0.25), 17.5);
}

TEST(Quantile, OfNothingIsZero) { EXPECT_EQ(Quantile({}, 0.5), 0); }

TEST(Median, OfAnEvenNumberIsTheMiddleOfTwo) { EXPECT_EQ(Median({4, 1, 3, 2}), 2.5); }

}  // namespace
}  // namespace fedround
