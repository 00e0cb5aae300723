// A gradient without dropout does not use the masks that training has left.
#include <gtest/gtest.h>

#include <vector>

#include "common/base/rng.h"
#include "common/nn/network.h"
#include "tests/common/kernels/random_values.h"

namespace fedround::nn {
namespace {

constexpr std::size_t kInputs = 12;
constexpr std::size_t kClasses = 3;
constexpr std::size_t kBatch = 7;

Network WithLayers(bool dropout) {
  NetworkSpec spec{.preset = Preset::kCustom, .inputs = kInputs, .classes = kClasses};
  spec.layers = {{"dense", {{"units", 9.0}}}, {"activation", {}}};
  if (dropout) spec.layers.push_back({"dropout", {{"rate", 0.5}}});
  return *Network::Create(spec);
}

TEST(Gradient, IsWithoutDropout) {
  const Network network = WithLayers(true), plain = WithLayers(false);
  std::vector<float> parameters(network.parameter_count());
  network.Initialise(1, parameters);
  const std::vector<float> inputs = RandomValues(kBatch * kInputs, 1);
  const std::vector<std::uint32_t> labels = RandomLabels(kBatch, kClasses, 2);
  Workspace workspace(network, kBatch), other(plain, kBatch);
  std::vector<float> trained = parameters;
  Rng dropout(1, RngPurpose::kDropoutMask);
  network.TrainStep(trained, inputs, labels, {.learning_rate = 0.1f}, {}, {}, workspace, nullptr,
                    &dropout);
  std::vector<float> gradient(parameters.size()), expected(parameters.size());
  network.Gradient(parameters, inputs, labels, gradient, workspace);
  plain.Gradient(parameters, inputs, labels, expected, other);
  EXPECT_EQ(gradient, expected);
}

}  // namespace
}  // namespace fedround::nn
