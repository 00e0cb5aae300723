// PReLU in a network. Its gradients are checked with every other layer's (layers_test.cc).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/nn/network.h"
#include "tests/common/kernels/random_values.h"

namespace fedround::nn {
namespace {

constexpr std::size_t kInputs = 9;
constexpr std::size_t kUnits = 21;
constexpr std::size_t kSlope = kUnits * (kInputs + 1);  // its place among the parameters

NetworkSpec Spec() {
  NetworkSpec spec{.preset = Preset::kCustom, .inputs = kInputs, .classes = 4};
  spec.layers = {{"dense", {{"units", static_cast<double>(kUnits)}}}, {"prelu", {}}};
  return spec;
}

std::vector<float> AfterAStep(const NetworkSpec& spec) {
  const Network network = *Network::Create(spec);
  std::vector<float> parameters(network.parameter_count());
  network.Initialise(1, parameters);
  EXPECT_EQ(parameters[kSlope], 0.25f);
  Workspace workspace(network, 23);
  network.TrainStep(parameters, RandomValues(23 * kInputs, 1), RandomLabels(23, 4, 2),
                    {.learning_rate = 0.1f}, {}, {}, workspace);
  return parameters;
}

TEST(PRelu, HasOneSlopeALayer) {
  EXPECT_EQ(Network::Create(Spec())->tensors()[2], (TensorSpec{"prelu1.slope", {1}}));
}

TEST(PRelu, LearnsItsSlope) { EXPECT_NE(AfterAStep(Spec())[kSlope], 0.25f); }

TEST(PRelu, IsTheSameWithFusedActivations) {
  NetworkSpec fused = Spec();
  fused.fuse_activations = true;
  EXPECT_EQ(AfterAStep(fused), AfterAStep(Spec()));
}

TEST(PRelu, RefusesOtherKernels) {
  NetworkSpec spec = Spec();
  spec.activation_kernel = kernels::ActivationKernel::kScalar;
  EXPECT_THAT(std::string(Network::Create(spec).status().message()),
              testing::HasSubstr("model.activation_kernel = \"scalar\": has only fast"));
}

}  // namespace
}  // namespace fedround::nn
