// What activations and their gains do to a deep network before any training.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>
#include <string>
#include <vector>

#include "common/base/rng.h"
#include "common/kernels/dense.h"
#include "common/nn/activations/table.h"
#include "tests/common/nn/make_activation.h"

namespace fedround::nn {
namespace {

// A layer without biases whose weights are N(0, gain^2 / inputs), applied to x [batch, inputs].
std::vector<float> FreshLayer(const Activation& activation, double gain, std::size_t outputs,
                              std::size_t batch, const std::vector<float>& x, Rng& rng) {
  const std::size_t inputs = x.size() / batch;
  std::vector<float> weights(outputs * inputs), y(batch * outputs);
  for (float& weight : weights) {
    weight = static_cast<float>(gain / std::sqrt(static_cast<double>(inputs)) * rng.NextNormal());
  }
  kernels::DenseForward({batch, inputs, outputs}, x, weights, std::vector<float>(outputs), y);
  activation.Forward(y, y);
  return y;
}

double Rms(const std::vector<float>& values) {
  double sum = 0;
  for (const float value : values) sum += std::pow(static_cast<double>(value), 2);
  return std::sqrt(sum / static_cast<double>(values.size()));
}

// RMS of the 32nd layer's output over that of the first, 64 wide; the median of many networks.
double RmsRatioAtDepth32(const Activation& activation, double gain) {
  constexpr std::size_t kWidth = 64, kBatch = 16;
  constexpr int kNetworks = 41;
  std::vector<double> ratios;
  for (std::uint32_t network = 0; network < kNetworks; ++network) {
    Rng rng(1, RngPurpose::kInitialWeights, 0, network);
    std::vector<float> x(kBatch * kWidth);
    for (float& value : x) value = static_cast<float>(rng.NextNormal());
    x = FreshLayer(activation, gain, kWidth, kBatch, x, rng);
    const double first = Rms(x);
    for (int layer = 1; layer < 32; ++layer) {
      x = FreshLayer(activation, gain, kWidth, kBatch, x, rng);
    }
    ratios.push_back(Rms(x) / first);
  }
  std::ranges::nth_element(ratios, ratios.begin() + kNetworks / 2);
  return ratios[kNetworks / 2];
}

// Scale after 32 layers with the activation's own gain and with He's for ReLU, sqrt 2: medians of
// 300 networks, from an independent computation in NumPy. Not of every entry of the table: other
// activations need none, and what grows faster than its input has none.
//
// No own gain of these lets the scale vanish, and most keep it within 2. GELU, Mish, SiLU and
// hardswish grow: they are close to z / 2 for small z and to z for large, so at the scale that
// their gain keeps, what is larger by chance grows and stays so. PyTorch's 3/4 for SELU is less
// than the 1 that keeps it. With sqrt 2 a linear network explodes, and what behaves like z / 2 near
// 0 vanishes.
struct Scale {
  const char* activation;
  double own;
  double he;
  double he_spread = 2;  // factor within which other draws' medians lie
};
constexpr Scale kScales[] = {
    {"elu", 0.77, 2.4},         {"gelu", 5.4, 0.0029, 8}, {"gelu_tanh", 5.4, 0.0029, 8},
    {"hardswish", 275, 5.1e-5}, {"hardtanh", 0.90, 0.91}, {"identity", 0.91, 4.2e4},
    {"leaky_relu", 0.57, 0.57}, {"mish", 1.9, 0.091, 3},  {"relu", 0.57, 0.57},
    {"relu6", 0.54, 0.54},      {"selu", 0.25, 9.1},      {"sigmoid", 0.95, 0.94},
    {"silu", 79, 7.2e-5},       {"softplus", 0.97, 2.0},  {"tanh", 0.86, 0.77}};

class InitialScale : public testing::TestWithParam<Scale> {
 protected:
  static void ExpectWithin(double factor, double ratio, double expected) {
    EXPECT_LT(ratio, expected * factor);
    EXPECT_GT(ratio, expected / factor);
  }

  std::unique_ptr<Activation> activation_ = ActivationNamed(GetParam().activation);
};

INSTANTIATE_TEST_SUITE_P(NumPy, InitialScale, testing::ValuesIn(kScales),
                         [](const auto& scale) { return scale.param.activation; });

TEST_P(InitialScale, AtDepth32IsAsStatedWithTheOwnGain) {
  ExpectWithin(2, RmsRatioAtDepth32(*activation_, activation_->gain()), GetParam().own);
}

TEST_P(InitialScale, AtDepth32IsAsStatedWithTheGainOfRelu) {
  ExpectWithin(GetParam().he_spread, RmsRatioAtDepth32(*activation_, std::numbers::sqrt2),
               GetParam().he);
}

// The share of fresh networks that are constant: in some layer no unit is on for any input.
// Source: Lu et al. 2019, arXiv:1903.06733, whose inputs are one feature in [-sqrt 3, sqrt 3].
// Without biases only its sign matters. `depth` counts every layer, each with an activation.
double ShareBornDead(const Activation& activation, std::size_t width, int depth) {
  constexpr std::uint32_t kNetworks = 4000;
  const auto edge = static_cast<float>(std::numbers::sqrt3);
  std::uint32_t dead = 0;
  for (std::uint32_t network = 0; network < kNetworks; ++network) {
    Rng rng(2, RngPurpose::kInitialWeights, 0, network);
    std::vector<float> x = {-edge, edge};
    for (int layer = 0; layer < depth; ++layer) {
      x = FreshLayer(activation, std::numbers::sqrt2, width, 2, x, rng);
    }
    if (std::ranges::all_of(x, [](float value) { return value == 0.0f; })) ++dead;
  }
  return static_cast<double>(dead) / kNetworks;
}

TEST(BornDead, NineOfTenReluNetworksOfWidthTwoAndDepthTen) {
  EXPECT_NEAR(ShareBornDead(*ActivationNamed("relu"), 2, 10), 0.91, 0.03);
}

TEST(BornDead, TwoOfThreeReluNetworksOfWidthFourAndDepthTwenty) {
  EXPECT_NEAR(ShareBornDead(*ActivationNamed("relu"), 4, 20), 0.66, 0.03);
}

TEST(BornDead, NoLeakyNetwork) {
  EXPECT_EQ(ShareBornDead(*ActivationNamed("leaky_relu"), 2, 10), 0.0);
}

}  // namespace
}  // namespace fedround::nn
