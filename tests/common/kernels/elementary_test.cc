#include "common/kernels/elementary.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace fedround::kernels {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// The largest error(x, double(x)) over [low, high].
template <typename Error>
double Worst(double low, double high, Error error) {
  constexpr int kPoints = 400'000;
  double worst = 0;
  for (int i = 0; i <= kPoints; ++i) {
    const auto x = static_cast<float>(low + (high - low) * i / kPoints);
    worst = std::max(worst, std::fabs(error(x, static_cast<double>(x))));
  }
  return worst;
}

TEST(Exp, IsAccurate) {
  EXPECT_LE(Worst(-87.3, 88.3,
                  [](float x, double exact) {
                    return static_cast<double>(Exp(x)) / std::exp(exact) - 1.0;
                  }),
            2e-7);
}

TEST(Exp, StaysFiniteAtTheTop) { EXPECT_TRUE(std::isfinite(Exp(kInfinity))); }

TEST(Exp, IsNormalAtTheBottom) { EXPECT_TRUE(std::isnormal(Exp(-kInfinity))); }

TEST(Exp, IsExactAtZero) { EXPECT_EQ(Exp(0.0f), 1.0f); }

TEST(Exp, PassesNan) { EXPECT_TRUE(std::isnan(Exp(kNan))); }

}  // namespace
}  // namespace fedround::kernels
