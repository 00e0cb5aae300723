// Small networks whose zeros, dead units and norms can be computed by hand.
#include "common/nn/training/health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/nn/network.h"
#include "tests/common/kernels/random_values.h"

namespace fedround::nn {
namespace {

using testing::ElementsAre;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// gtest would print the bytes.
std::vector<std::string> Texts(const std::vector<HealthValue>& values) {
  std::vector<std::string> texts;
  for (const HealthValue& of : values) {
    texts.push_back(absl::StrCat(of.layer, " ", of.quantity, " ", of.value));
  }
  return texts;
}

// Two inputs, three units, two classes. Of the units the first passes x0 on, the second -x0 - 3,
// and the third x1.
class OfThreeUnits : public testing::Test {
 protected:
  static Network Make(NetworkSpec spec) {
    spec.inputs = 2;
    spec.classes = 2;
    spec.hidden = {3};
    return *Network::Create(spec);
  }
  static std::vector<float> Parameters() {
    return {1,   0,  -1, 0, 0, 1,  // hidden1.weight [3, 2]
            0,   -3, 0,            // hidden1.bias
            0.5, 0,  0,  0, 1, 0,  // output.weight [2, 3]
            0,   0};
  }
  static std::vector<std::string> Activations(const Network& network,
                                              const std::vector<std::vector<float>>& batches,
                                              std::vector<float> parameters = Parameters()) {
    Workspace workspace(network, 4);
    ActivationHealth health;
    for (const std::vector<float>& inputs : batches) {
      const std::vector<std::uint32_t> labels(inputs.size() / 2, 0);
      network.Evaluate(parameters, inputs, labels, workspace, nullptr, &health);
    }
    std::vector<HealthValue> values;
    health.AppendTo(values);
    return Texts(values);
  }

  const Network relu_ = Make({});
};

TEST_F(OfThreeUnits, ZerosAreSharesOfAllOutputs) {
  // x0 is not positive once, x1 twice; the second unit never is.
  EXPECT_THAT(Activations(relu_, {{1, -1, 2, 3, 3, 0, -2, 1}}),
              ElementsAre(absl::StrCat("activation1 zeros ", 7.0 / 12),
                          absl::StrCat("activation1 dead ", 1.0 / 3), "activation1 nan 0",
                          "activation1 inf 0"));
}

TEST_F(OfThreeUnits, AUnitThatLivesInOneBatchIsNotDead) {
  const std::vector<float> one_lives = {1, -1, 2, 0};
  const std::vector<float> other_lives = {-2, 1, -1, 3};
  EXPECT_EQ(Activations(relu_, {one_lives})[1], absl::StrCat("activation1 dead ", 2.0 / 3));
  EXPECT_EQ(Activations(relu_, {other_lives})[1], absl::StrCat("activation1 dead ", 2.0 / 3));
  EXPECT_EQ(Activations(relu_, {one_lives, other_lives})[1],
            absl::StrCat("activation1 dead ", 1.0 / 3));
}

TEST_F(OfThreeUnits, AFusedActivationIsSeen) {
  const std::vector<float> inputs = {1, -1, 2, 3, 3, 0, -2, 1};
  EXPECT_EQ(Activations(Make({.fuse_activations = true}), {inputs}), Activations(relu_, {inputs}));
}

TEST_F(OfThreeUnits, WhatIsNotFiniteIsCountedAndIsNotZero) {
  std::vector<float> parameters = Parameters();
  parameters[1] = std::nanf("");  // the first unit's weight of x1
  // The identity, as a rectifier would make NaN and -infinity something else.
  const Network identity = Make({.activation = {"identity", {}}});
  EXPECT_THAT(Activations(identity, {{1, -kInfinity, -3, 1, -3, kInfinity}}, parameters),
              ElementsAre(absl::StrCat("activation1 zeros ", 1.0 / 9), "activation1 dead 0",
                          // 0 * infinity is NaN as well.
                          "activation1 nan 5", "activation1 inf 2"));
}

TEST_F(OfThreeUnits, NormsAreOfWeightsOnly) {
  std::vector<HealthValue> values;
  AppendWeightNorms(relu_, Parameters(), values);
  EXPECT_THAT(Texts(values), ElementsAre(absl::StrCat("hidden1.weight l2_norm ", std::sqrt(3.0)),
                                         absl::StrCat("output.weight l2_norm ", std::sqrt(1.25))));
}

TEST_F(OfThreeUnits, GradientsAreOfTrainedWeightsOnly) {
  const std::vector<float> gradient = Parameters();
  std::vector<HealthValue> values;
  AppendGradientRms(Make({.freeze = {"output"}}), gradient, values);
  EXPECT_THAT(Texts(values),
              ElementsAre(absl::StrCat("hidden1.weight gradient_rms ", std::sqrt(3.0 / 6))));
}

// ---- zeros of an update: parameters that stay as they are ----

class UpdateZeros : public OfThreeUnits {
 protected:
  // Shares of an update that moves all 17 parameters but `still`; x1 is dark.
  std::vector<std::string> ZerosOf(const Network& network,
                                   const std::vector<std::size_t>& still) const {
    std::vector<float> before = Parameters();
    std::vector<float> after = before;
    for (float& parameter : after) parameter += 1;
    for (const std::size_t i : still) after[i] = before[i];
    LitColumns inputs(2);
    inputs.Add(std::vector<float>{0, 0, 1, 0, 0, -0.0f});
    std::vector<HealthValue> values;
    AppendUpdateZeros(network, before, after, inputs, values);
    return Texts(values);
  }
};

TEST_F(UpdateZeros, InTheColumnOfADarkInputAreTheInputs) {
  EXPECT_THAT(ZerosOf(relu_, {1, 3, 5, 0, 16}),
              ElementsAre(absl::StrCat("update zeros_by_input ", 3.0 / 17),
                          absl::StrCat("update zeros_by_activation ", 2.0 / 17)));
}

TEST_F(UpdateZeros, WhatMovesInTheColumnOfADarkInputIsNone) {
  EXPECT_THAT(ZerosOf(relu_, {1}), ElementsAre(absl::StrCat("update zeros_by_input ", 1.0 / 17),
                                               "update zeros_by_activation 0"));
}

TEST_F(UpdateZeros, OfLayersBehindTheFirstAreTheActivations) {
  // At places that would be dark columns of a first layer.
  EXPECT_THAT(ZerosOf(relu_, {10, 12, 14}),
              ElementsAre("update zeros_by_input 0",
                          absl::StrCat("update zeros_by_activation ", 3.0 / 17)));
}

TEST_F(UpdateZeros, FrozenLayersDoNotCount) {
  EXPECT_THAT(
      ZerosOf(Make({.freeze = {"hidden1"}}), {0, 1, 2, 3, 4, 5, 6, 7, 8, 16}),
      ElementsAre("update zeros_by_input 0", absl::StrCat("update zeros_by_activation ", 1.0 / 8)));
}

// ---- images ----

TEST(ActivationHealth, OfAnImageAChannelIsAUnit) {
  const Network network = *Network::Create(
      {.preset = Preset::kCustom,
       .inputs = 4,
       .image = {2, 2, 1},
       .classes = 2,
       .layers = {
           {"conv2d", {{"channels", 2.0}, {"kernel", 1.0}}}, {"activation", {}}, {"flatten", {}}}});
  std::vector<float> parameters(network.parameter_count(), 0.0f);
  parameters[0] = 1;   // the first channel is the image,
  parameters[1] = -1;  // the second one its negative
  const std::vector<float> pixels = {0, 0, 0.5, 1};
  Workspace workspace(network, 1);
  ActivationHealth health;
  network.Evaluate(parameters, pixels, std::vector<std::uint32_t>{0}, workspace, nullptr, &health);
  std::vector<HealthValue> values;
  health.AppendTo(values);
  EXPECT_THAT(Texts(values), ElementsAre("activation1 zeros 0.75", "activation1 dead 0.5",
                                         "activation1 nan 0", "activation1 inf 0"));
  EXPECT_FALSE(network.starts_dense());
}

TEST(ActivationHealth, KeepsTheOrderOfTheNetwork) {
  const Network network =
      *Network::Create({.inputs = 3, .classes = 2, .hidden = std::vector<std::uint32_t>(11, 2)});
  Workspace workspace(network, 2);
  ActivationHealth health;
  network.Evaluate(RandomValues(network.parameter_count(), 1), RandomValues(6, 2),
                   std::vector<std::uint32_t>{0, 1}, workspace, nullptr, &health);
  std::vector<HealthValue> values;
  health.AppendTo(values);
  ASSERT_EQ(values.size(), 44U);
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(values[i].layer, absl::StrCat("activation", 1 + i / 4));
  }
}

}  // namespace
}  // namespace fedround::nn
