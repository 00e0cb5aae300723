// What activations and their gains do to a deep network before any training.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
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
  constexpr int kNetworks = 101;
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

// Scale after 32 layers with the activation's own gain and with He's for ReLU, sqrt 2, from an
// independent computation in NumPy.
//
// No entry's own gain lets the scale vanish, and all but three keep it within 4. GELU, SiLU and
// hardswish are close to z / 2 for small z and to ReLU for large: at the scale that their gain
// keeps, larger inputs grow and smaller ones shrink, so that chance drives a narrow network away.
// PyTorch's 3/4 for SELU shrinks by design of its own. With sqrt 2 a linear network explodes, and
// what behaves like z / 2 near 0 vanishes.
struct Scale {
  double own;
  double he;
};
const std::map<std::string, Scale> kScales = {
    {"elu", {0.77, 2.6}},         {"gelu", {7.2, 0.027}},    {"gelu_tanh", {7.3, 0.027}},
    {"hardswish", {380, 7e-5}},   {"hardtanh", {0.90, 0.9}}, {"identity", {0.90, 4.2e4}},
    {"leaky_relu", {0.72, 0.72}}, {"mish", {2.6, 0.21}},     {"relu", {0.74, 0.74}},
    {"relu6", {0.71, 0.71}},      {"selu", {0.25, 10}},      {"sigmoid", {0.94, 0.92}},
    {"silu", {110, 1.1e-4}},      {"softplus", {0.98, 2.3}}, {"tanh", {0.85, 0.76}}};

class InitialScale : public testing::TestWithParam<ActivationEntry> {
 protected:
  InitialScale() : activation_(ActivationNamed(std::string(GetParam().info.name))) {}
  // Within a factor of 2: medians of other draws.
  static void ExpectNear(double ratio, double expected) {
    EXPECT_LT(std::fabs(std::log2(ratio / expected)), 1.0) << ratio << " for " << expected;
  }

  std::unique_ptr<Activation> activation_;
};

INSTANTIATE_TEST_SUITE_P(Table, InitialScale, testing::ValuesIn(ActivationTable()),
                         [](const auto& parameter) {
                           return std::string(parameter.param.info.name);
                         });

TEST_P(InitialScale, AtDepth32IsAsStatedWithTheOwnGain) {
  ExpectNear(RmsRatioAtDepth32(*activation_, activation_->gain()),
             kScales.at(std::string(GetParam().info.name)).own);
}

TEST_P(InitialScale, AtDepth32IsAsStatedWithTheGainOfRelu) {
  ExpectNear(RmsRatioAtDepth32(*activation_, std::numbers::sqrt2),
             kScales.at(std::string(GetParam().info.name)).he);
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
