#include "common/nn/training/step_profile.h"

#include <gtest/gtest.h>

#include <memory>
#include <numeric>
#include <vector>

#include "common/nn/layer_stack.h"
#include "common/nn/layers/activation_layer.h"
#include "common/nn/layers/dense.h"
#include "common/nn/network.h"
#include "tests/common/kernels/random_values.h"

namespace fedround::nn {
namespace {

constexpr std::size_t kBatch = 4;

std::uint64_t Of(const StepProfile& profile, StepPhase phase) {
  return profile.ticks()[static_cast<std::size_t>(phase)];
}

std::uint64_t Sum(const StepProfile& profile) {
  return std::accumulate(profile.ticks().begin(), profile.ticks().end(), std::uint64_t{0});
}

// Keeps the core busy until the clock has moved on a good deal; returns how far.
std::uint64_t Spin() {
  const std::uint64_t start = ReadTicks();
  std::uint64_t passed = 0;
  while (passed < 100'000) passed = ReadTicks() - start;
  return passed;
}

// A network and a batch for it: an MLP, linear if `hidden` is empty, or these layers on 3 x 3
// images.
class Problem {
 public:
  explicit Problem(std::vector<std::uint32_t> hidden, std::vector<PlugIn> layers = {})
      : network_(*Network::Create({.preset = layers.empty() ? Preset::kMlp : Preset::kCustom,
                                   .inputs = 9,
                                   .image = {3, 3, 1},
                                   .classes = 3,
                                   .hidden = std::move(hidden),
                                   .layers = std::move(layers)})),
        parameters_(RandomValues(network_.parameter_count(), 1)) {}

  std::vector<float> Step(StepProfile* profile) {
    std::vector<float> parameters = parameters_;
    network_.TrainStep(parameters, inputs_, labels_, {.learning_rate = 0.1f}, {}, {}, workspace_,
                       profile);
    return parameters;
  }
  void Evaluate(StepProfile* profile) {
    network_.Evaluate(parameters_, inputs_, labels_, workspace_, profile);
  }

 private:
  const Network network_;
  const std::vector<float> parameters_;
  const std::vector<float> inputs_ = RandomValues(kBatch * 9, 2);
  const std::vector<std::uint32_t> labels_ = RandomLabels(kBatch, 3, 3);
  Workspace workspace_{network_, kBatch};
};

TEST(StepProfile, HasNoGaps) {
  const std::uint64_t before = ReadTicks();
  StepProfile profile;
  profile.StartStep();
  const std::uint64_t started = ReadTicks();
  for (int i = 0; i < 1000; ++i) profile.End(static_cast<StepPhase>(i % kStepPhases));
  const std::uint64_t ending = ReadTicks();
  profile.End(StepPhase::kLoss);
  const std::uint64_t after = ReadTicks();
  EXPECT_GE(Sum(profile), ending - started);
  EXPECT_LE(Sum(profile), after - before);
}

TEST(StepProfile, LeavesOutWhatIsBetweenSteps) {
  const std::uint64_t before = ReadTicks();
  StepProfile profile;
  profile.StartStep();
  profile.End(StepPhase::kLoad);
  const std::uint64_t between = Spin();
  profile.StartStep();
  profile.End(StepPhase::kLoad);
  EXPECT_LE(Sum(profile), ReadTicks() - before - between);
}

TEST(TrainStep, EveryPhaseOfAnMlpTakesTime) {
  StepProfile profile;
  profile.StartStep();
  profile.End(StepPhase::kLoad);
  Problem({8, 6}).Step(&profile);
  for (int i = 0; i < kStepPhases; ++i) {
    EXPECT_GT(Of(profile, static_cast<StepPhase>(i)), 0U) << kStepPhaseNames[i];
  }
}

TEST(TrainStep, ALinearNetworkHasNoActivationsAndNoInputGradients) {
  StepProfile profile;
  profile.StartStep();
  Problem({}).Step(&profile);
  EXPECT_EQ(Of(profile, StepPhase::kForwardActivations), 0U);
  EXPECT_EQ(Of(profile, StepPhase::kBackwardActivations), 0U);
  EXPECT_EQ(Of(profile, StepPhase::kBackwardProducts), 0U);
}

TEST(TrainStep, WhateverIsNoActivationIsAProduct) {
  StepProfile profile;
  profile.StartStep();
  Problem({}, {{"conv2d", {{"channels", 4.0}, {"kernel", 2.0}}},
               {"layer_norm", {}},
               {"max_pool", {}},
               {"flatten", {}},
               {"dropout", {}}})
      .Step(&profile);
  EXPECT_EQ(Of(profile, StepPhase::kForwardActivations), 0U);
  EXPECT_EQ(Of(profile, StepPhase::kBackwardActivations), 0U);
  EXPECT_GT(Of(profile, StepPhase::kForwardProducts), 0U);
  EXPECT_GT(Of(profile, StepPhase::kBackwardProducts), 0U);
}

TEST(TrainStep, LeavesLoadToTheCaller) {
  StepProfile profile;
  profile.StartStep();
  Problem({8, 6}).Step(&profile);
  EXPECT_EQ(Of(profile, StepPhase::kLoad), 0U);
}

TEST(TrainStep, ProfileChangesNoBit) {
  Problem problem({8, 6});
  StepProfile profile;
  profile.StartStep();
  EXPECT_EQ(problem.Step(&profile), problem.Step(nullptr));
}

TEST(Evaluate, ProfilesTheWayForwardOnly) {
  StepProfile profile;
  profile.StartStep();
  Problem({8, 6}).Evaluate(&profile);
  const std::uint64_t forward = Of(profile, StepPhase::kForwardProducts) +
                                Of(profile, StepPhase::kForwardActivations) +
                                Of(profile, StepPhase::kLoss);
  EXPECT_EQ(forward, Sum(profile));
}

// Takes longer than anything else in a small network, and knows how long.
class SlowActivation final : public Activation {
 public:
  double gain() const override { return 1.0; }
  Keeps keeps() const override { return Keeps::kOutput; }
  void Forward(std::span<const float>, std::span<float>) const override { forward += Spin(); }
  void Backward(std::span<const float>, std::span<float>) const override { backward += Spin(); }
  double Value(double z) const override { return z; }
  double Derivative(double) const override { return 1.0; }

  mutable std::uint64_t forward = 0;
  mutable std::uint64_t backward = 0;
};

class SlowActivationTest : public testing::Test {
 protected:
  SlowActivationTest() {
    auto activation = std::make_unique<SlowActivation>();
    const SlowActivation& slow = *activation;
    std::vector<std::unique_ptr<Layer>> layers;
    layers.push_back(std::make_unique<Dense>("hidden1", 7, 5));
    layers.push_back(std::make_unique<ActivationLayer>("activation1", FeatureShape{1, 1, 5},
                                                       std::move(activation)));
    layers.push_back(std::make_unique<Dense>("output", 5, 3));
    const LayerStack stack(std::move(layers));
    LayerScratch scratch(stack, kBatch);
    scratch.set_batch(kBatch);
    std::vector<float> parameters = RandomValues(58, 1);
    const std::vector<float> inputs = RandomValues(kBatch * 7, 2);
    const std::uint64_t before = ReadTicks();
    profile_.StartStep();
    stack.Forward(stack.all(), parameters, inputs, scratch, &profile_);
    stack.Backward(stack.all(), {.learning_rate = 0.1f}, {parameters, {}, {}}, inputs, scratch,
                   &profile_);
    elapsed_ = ReadTicks() - before;
    forward_ = slow.forward;
    backward_ = slow.backward;
  }

  StepProfile profile_;
  std::uint64_t elapsed_ = 0;
  std::uint64_t forward_ = 0;
  std::uint64_t backward_ = 0;
};

TEST_F(SlowActivationTest, IsSeenInItsOwnPhases) {
  EXPECT_GE(Of(profile_, StepPhase::kForwardActivations), forward_);
  EXPECT_GE(Of(profile_, StepPhase::kBackwardActivations), backward_);
}

TEST_F(SlowActivationTest, IsSeenInNoOtherPhase) {
  const std::uint64_t others = Of(profile_, StepPhase::kForwardProducts) +
                               Of(profile_, StepPhase::kBackwardProducts) +
                               Of(profile_, StepPhase::kWeightUpdate);
  EXPECT_LE(others, elapsed_ - forward_ - backward_);
}

}  // namespace
}  // namespace fedround::nn
