#include "common/kernels/elementary.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

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

double Distribution(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

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

TEST(Sigmoid, IsAccurate) {
  EXPECT_LE(Worst(-100, 100,
                  [](float x, double exact) {
                    return static_cast<double>(Sigmoid(x)) - 1.0 / (1.0 + std::exp(-exact));
                  }),
            1e-7);
}

TEST(Sigmoid, PassesNan) { EXPECT_TRUE(std::isnan(Sigmoid(kNan))); }

TEST(Tanh, IsAccurate) {
  EXPECT_LE(
      Worst(-20, 20,
            [](float x, double exact) { return static_cast<double>(Tanh(x)) - std::tanh(exact); }),
      4e-7);
}

TEST(Tanh, IsAccurateRelativelyNearZero) {
  EXPECT_LE(Worst(1e-6, 1e-2,
                  [](float x, double exact) {
                    return static_cast<double>(Tanh(x)) / std::tanh(exact) - 1.0;
                  }),
            4e-7);
}

TEST(Tanh, NeverLeavesItsRange) {
  EXPECT_LE(Worst(-20, 20, [](float x, double) { return static_cast<double>(Tanh(x)); }), 1.0);
}

TEST(Tanh, PassesNan) { EXPECT_TRUE(std::isnan(Tanh(kNan))); }

TEST(StandardNormal, DistributionIsAccurate) {
  EXPECT_LE(Worst(-15, 15,
                  [](float x, double exact) {
                    return static_cast<double>(StandardNormal(x).distribution) -
                           Distribution(exact);
                  }),
            3e-7);
}

TEST(StandardNormal, DensityIsAccurate) {
  EXPECT_LE(Worst(-15, 15,
                  [](float x, double exact) {
                    return static_cast<double>(StandardNormal(x).density) -
                           std::exp(-0.5 * exact * exact) / std::sqrt(2.0 * std::numbers::pi);
                  }),
            1e-7);
}

TEST(StandardNormal, PassesNan) { EXPECT_TRUE(std::isnan(StandardNormal(kNan).distribution)); }

}  // namespace
}  // namespace fedround::kernels
