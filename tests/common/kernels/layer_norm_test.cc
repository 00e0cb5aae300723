// Gradients are checked with those of every other layer (nn/layers_test.cc) and against PyTorch
// (nn/torch_golden_test.cc).
#include "common/kernels/layer_norm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/common/kernels/random_values.h"

namespace fedround::kernels {
namespace {

using testing::Each;
using testing::IsNan;

std::vector<float> Norm(const NormShape& shape, const std::vector<float>& x,
                        const std::vector<float>& gain, const std::vector<float>& offset) {
  std::vector<float> y(x.size()), moments(2 * shape.batch);
  LayerNormForward(shape, x, gain, offset, y, moments);
  return y;
}

TEST(LayerNorm, MeetsTheFormula) {
  const NormShape shape{2, 3, 5};
  const auto x = RandomValues(30, 1), gain = RandomValues(15, 2), offset = RandomValues(15, 3);
  const std::vector<float> y = Norm(shape, x, gain, offset);
  for (std::size_t n = 0; n < 2; ++n) {
    double mean = 0, variance = 0;
    for (std::size_t i = 0; i < 15; ++i) mean += static_cast<double>(x[15 * n + i]) / 15;
    for (std::size_t i = 0; i < 15; ++i) {
      variance += std::pow(static_cast<double>(x[15 * n + i]) - mean, 2) / 15;
    }
    for (std::size_t p = 0; p < 3; ++p) {
      for (std::size_t c = 0; c < 5; ++c) {
        const std::size_t i = 15 * n + 5 * p + c, w = 3 * c + p;
        const double u = (static_cast<double>(x[i]) - mean) / std::sqrt(variance + 1e-5);
        ASSERT_NEAR(y[i], u * static_cast<double>(gain[w]) + static_cast<double>(offset[w]), 2e-6);
      }
    }
  }
}

TEST(LayerNorm, AConstantExampleBecomesTheOffset) {
  EXPECT_THAT(Norm({1, 1, 4}, std::vector<float>(4, 3.0f), std::vector<float>(4, 2.0f),
                   std::vector<float>(4, 0.5f)),
              Each(0.5f));
}

TEST(LayerNorm, KeepsItsDigitsFarFromZero) {
  EXPECT_NEAR(Norm({1, 1, 2}, {1e6f, 1e6f + 2.0f}, {1, 1}, {0, 0})[1], 1.0, 1e-5);
}

TEST(LayerNorm, KeepsNanWithinItsExample) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> y = Norm({2, 1, 2}, {nan, 1, 2, 3}, {1, 1}, {0, 0});
  EXPECT_THAT(std::vector<float>(y.begin(), y.begin() + 2), Each(IsNan()));
  EXPECT_FALSE(std::isnan(y[2]) || std::isnan(y[3]));
}

}  // namespace
}  // namespace fedround::kernels
