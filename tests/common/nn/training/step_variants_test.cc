// Settings that change how a step is computed must not change what it computes.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "common/nn/network.h"
#include "common/nn/training/step_profile.h"
#include "tests/common/kernels/random_values.h"

namespace fedround::nn {
namespace {

constexpr std::size_t kInputs = 83;
constexpr std::size_t kClasses = 4;
// More than one part of a fused layer, not all as large; on both sides of kLargeBatch, or at it.
constexpr std::size_t kBatch = 23;
constexpr std::size_t kBatches[] = {1, kBatch, 63, 64, 130, 250};

NetworkSpec Spec() {
  return {.inputs = kInputs, .classes = kClasses, .hidden = {37, 20}, .activation = {"gelu", {}}};
}

// Inputs whose columns 16 to 63 are zero, as at the border of an image.
std::vector<float> Inputs(std::size_t batch = kBatch) {
  std::vector<float> inputs = RandomValues(batch * kInputs, 1);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (i % kInputs >= 16 && i % kInputs < 64) inputs[i] = 0.0f;
  }
  return inputs;
}

std::vector<float> AfterThreeSteps(const NetworkSpec& spec, StepProfile* profile = nullptr,
                                   std::size_t batch = kBatch) {
  const Network network = *Network::Create(spec);
  std::vector<float> parameters(network.parameter_count());
  network.Initialise(1, parameters);
  Workspace workspace(network, batch);
  const std::vector<float> inputs = Inputs(batch);
  const std::vector<std::uint32_t> labels = RandomLabels(batch, kClasses, 2);
  for (int step = 0; step < 3; ++step) {
    if (profile != nullptr) profile->StartStep();
    network.TrainStep(parameters, inputs, labels, {.learning_rate = 0.1f}, {}, {}, workspace,
                      profile);
  }
  return parameters;
}

TEST(FusedActivations, GiveTheSameBits) {
  NetworkSpec fused = Spec();
  fused.fuse_activations = true;
  for (const std::size_t batch : kBatches) {
    EXPECT_EQ(AfterThreeSteps(fused, nullptr, batch), AfterThreeSteps(Spec(), nullptr, batch))
        << batch;
  }
}

TEST(FusedActivations, HaveNoPhaseOnTheWayForward) {
  NetworkSpec fused = Spec();
  fused.fuse_activations = true;
  StepProfile together, apart;
  AfterThreeSteps(fused, &together);
  AfterThreeSteps(Spec(), &apart);
  const auto phase = static_cast<std::size_t>(StepPhase::kForwardActivations);
  EXPECT_EQ(together.ticks()[phase], 0U);
  EXPECT_GT(apart.ticks()[phase], 0U);
}

TEST(SkipZeros, GivesEqualWeights) {
  NetworkSpec dense = Spec();
  dense.skip_zeros = false;
  EXPECT_EQ(AfterThreeSteps(dense), AfterThreeSteps(Spec()));
}

// A NaN among the weights of inputs that are always zero tells whether they are multiplied.
TEST(SkipZeros, LeavesInputsOut) {
  for (const bool skip : {true, false}) {
    NetworkSpec spec = Spec();
    spec.skip_zeros = skip;
    const Network network = *Network::Create(spec);
    std::vector<float> parameters(network.parameter_count(), 0.1f);
    parameters[40] = std::numeric_limits<float>::quiet_NaN();
    Workspace workspace(network, kBatch);
    const double loss =
        network.Evaluate(parameters, Inputs(), RandomLabels(kBatch, kClasses, 2), workspace)
            .loss_sum;
    EXPECT_EQ(std::isnan(loss), !skip);
  }
}

}  // namespace
}  // namespace fedround::nn
