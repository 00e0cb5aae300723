// What a network is before it learns: its specification, its tensors, its first weights.
#include "common/nn/network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "common/base/rng.h"

namespace fedround::nn {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::FloatEq;
using testing::HasSubstr;

NetworkSpec Spec(std::vector<std::uint32_t> hidden = {5, 4}) {
  NetworkSpec spec;
  spec.inputs = 7;
  spec.classes = 3;
  spec.hidden = std::move(hidden);
  return spec;
}

std::string ErrorOf(const NetworkSpec& spec) {
  const auto network = Network::Create(spec);
  EXPECT_EQ(network.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(network.status().message());
}

TEST(Network, TensorsAreInPyTorchOrder) {
  EXPECT_THAT(Network::Create(Spec())->tensors(),
              ElementsAre(TensorSpec{"hidden1.weight", {5, 7}}, TensorSpec{"hidden1.bias", {5}},
                          TensorSpec{"hidden2.weight", {4, 5}}, TensorSpec{"hidden2.bias", {4}},
                          TensorSpec{"output.weight", {3, 4}}, TensorSpec{"output.bias", {3}}));
}

TEST(Network, ParameterCountIsTheSumOfItsTensors) {
  const auto network = Network::Create(Spec());
  EXPECT_EQ(network->parameter_count(), ParameterCount(network->tensors()));
}

TEST(Network, LinearPresetHasOneLayerWhateverHiddenSays) {
  NetworkSpec spec = Spec();
  spec.preset = Preset::kLinear;
  EXPECT_THAT(Network::Create(spec)->tensors(),
              ElementsAre(TensorSpec{"output.weight", {3, 7}}, TensorSpec{"output.bias", {3}}));
}

TEST(Network, MlpWithoutHiddenLayersHasOneLayer) {
  EXPECT_EQ(Network::Create(Spec({}))->parameter_count(), 24u);
}

TEST(Network, RefusesAKernelThatTheActivationLacks) {
  NetworkSpec spec = Spec();
  spec.activation.name = "identity";
  spec.activation_kernel = kernels::ActivationKernel::kScalar;
  EXPECT_THAT(ErrorOf(spec), HasSubstr("activation \"identity\" has only fast"));
}

// The gradient of the weights is a denormal number.
float WeightAfterATinyStep(bool flush_to_zero) {
  NetworkSpec spec = Spec();
  spec.preset = Preset::kLinear;
  spec.flush_to_zero = flush_to_zero;
  const auto network = Network::Create(spec);
  std::vector<float> parameters(network->parameter_count(), 0.0f);
  Workspace workspace(*network, 1);
  network->TrainStep(parameters, std::vector<float>(7, 1e-39f), std::vector<std::uint32_t>{0},
                     {.learning_rate = 1}, {}, {}, workspace);
  return parameters[0];
}

TEST(Network, FlushesDenormalsIfAsked) {
  EXPECT_GT(WeightAfterATinyStep(false), 0.0f);
  EXPECT_EQ(WeightAfterATinyStep(true), 0.0f);
}

// An infinite weight of an input that is zero in the whole batch: it has an effect only if zeros
// are multiplied. They are left out by whole vectors, and only if there are many.
double LossWithAnInfiniteWeight(bool skip_zeros) {
  constexpr std::size_t kInputs = 256;
  NetworkSpec spec = Spec();
  spec.preset = Preset::kLinear;
  spec.inputs = kInputs;
  spec.skip_zeros = skip_zeros;
  const auto network = Network::Create(spec);
  std::vector<float> parameters(network->parameter_count(), 0.25f);
  parameters[2] = std::numeric_limits<float>::infinity();
  std::vector<float> inputs(2 * kInputs, 0.0f);
  inputs[kInputs - 1] = inputs[2 * kInputs - 1] = 1.0f;
  Workspace workspace(*network, 2);
  return network->Evaluate(parameters, inputs, std::vector<std::uint32_t>{0, 1}, workspace)
      .loss_sum;
}

TEST(Network, SkipsZerosUnlessToldNotTo) {
  EXPECT_TRUE(std::isfinite(LossWithAnInfiniteWeight(true)));
  EXPECT_FALSE(std::isfinite(LossWithAnInfiniteWeight(false)));
}

TEST(Network, RefusesAnUnknownActivationWithTheNearest) {
  NetworkSpec spec = Spec();
  spec.activation.name = "rellu";
  EXPECT_THAT(ErrorOf(spec), HasSubstr("model.activation: unknown activation \"rellu\"; did you "
                                       "mean \"relu\"?"));
}

TEST(Network, RefusesAnUnknownActivationOption) {
  NetworkSpec spec = Spec();
  spec.activation.options["slope"] = 0.1;
  EXPECT_THAT(ErrorOf(spec), HasSubstr("model.activation: unknown option of \"relu\" \"slope\""));
}

TEST(Network, RefusesAnUnknownInitialiserWithTheNearest) {
  NetworkSpec spec = Spec();
  spec.initialiser.name = "xavir";
  EXPECT_THAT(ErrorOf(spec),
              HasSubstr("model.initialiser: unknown initialiser \"xavir\"; did you mean "
                        "\"xavier\"?"));
}

TEST(Network, RefusesALayerOfSizeZero) {
  EXPECT_EQ(ErrorOf(Spec({5, 0})), "model.hidden[1] = 0: must be >= 1");
}

TEST(Network, RefusesDataWithoutInputs) {
  NetworkSpec spec = Spec();
  spec.inputs = 0;
  EXPECT_EQ(ErrorOf(spec), "the data set's inputs = 0: must be >= 1");
}

TEST(Network, RefusesDataWithoutClasses) {
  NetworkSpec spec = Spec();
  spec.classes = 0;
  EXPECT_EQ(ErrorOf(spec), "the data set's classes = 0: must be >= 1");
}

TEST(Network, AcceptsExactlyTheLargestAllowedModel) {
  NetworkSpec spec = Spec();
  spec.max_parameters = 79;
  EXPECT_TRUE(Network::Create(spec).ok());
}

TEST(Network, RefusesOneParameterTooMany) {
  NetworkSpec spec = Spec();
  spec.max_parameters = 78;
  EXPECT_THAT(ErrorOf(spec), HasSubstr("more than limits.max_parameters = 78"));
}

TEST(Network, RefusesSizesWhoseProductWouldOverflow) {
  NetworkSpec spec = Spec({4294967295u, 4294967295u});
  spec.inputs = std::numeric_limits<std::size_t>::max();
  spec.max_parameters = std::numeric_limits<std::size_t>::max();
  EXPECT_THAT(ErrorOf(spec), HasSubstr("limits.max_parameters"));
}

TEST(Network, ForwardWorkIsTwoOperationsAWeight) {
  EXPECT_EQ(Network::Create(Spec())->flops_per_example(Work::kForward), 2u * (35 + 20 + 12));
}

TEST(Network, TrainingWorkLeavesOutTheGradientOfTheInputs) {
  EXPECT_EQ(Network::Create(Spec())->flops_per_example(Work::kTraining),
            2u * (3 * (35 + 20 + 12) - 35));
}

// ---- first weights

std::vector<float> Initial(const NetworkSpec& spec, std::uint64_t seed = 1) {
  const auto network = Network::Create(spec);
  std::vector<float> parameters(network->parameter_count(),
                                std::numeric_limits<float>::quiet_NaN());
  network->Initialise(seed, parameters);
  return parameters;
}

TEST(Initialise, FollowsTheDocumentedRecipe) {
  const std::vector<float> parameters = Initial(Spec(), 42);
  Rng rng(42, RngPurpose::kInitialWeights, 0, 2);  // tensor 2: hidden2.weight, after 5*7 + 5 floats
  for (std::size_t i = 0; i < 20; ++i) {
    const double weight = std::sqrt(2.0) / std::sqrt(5.0) * rng.NextNormal();
    ASSERT_FLOAT_EQ(parameters[40 + i], static_cast<float>(weight)) << i;
  }
}

// Seeds are promises: these values, computed apart from this code, may never change.
TEST(Initialise, FirstValuesStayWhatTheyWere) {
  const std::vector<float> parameters = Initial(Spec());
  EXPECT_THAT(std::vector<float>(parameters.begin(), parameters.begin() + 3),
              ElementsAre(FloatEq(0.416603066f), FloatEq(1.15666151f), FloatEq(-0.802072868f)));
}

TEST(Initialise, BiasesAreZero) {
  const std::vector<float> parameters = Initial(Spec());
  EXPECT_THAT(std::span(parameters).subspan(35, 5), Each(0.0f));
}

TEST(Initialise, SeedsDiffer) { EXPECT_NE(Initial(Spec(), 1), Initial(Spec(), 2)); }

// Of the first hidden layer of 784-200-200-10.
struct Moments {
  double mean;
  double deviation;
};
Moments FirstLayer(absl::string_view activation, absl::string_view init) {
  NetworkSpec spec = Spec({200, 200});
  spec.inputs = 784;
  spec.activation.name = std::string(activation);
  spec.initialiser.name = std::string(init);
  const std::vector<float> parameters = Initial(spec);
  constexpr std::size_t kCount = 784 * 200;
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < kCount; ++i) {
    sum += static_cast<double>(parameters[i]);
    squares += static_cast<double>(parameters[i]) * static_cast<double>(parameters[i]);
  }
  return {sum / kCount, std::sqrt(squares / kCount)};
}

TEST(Initialise, MeanIsZero) { EXPECT_NEAR(FirstLayer("relu", "he").mean, 0.0, 5e-4); }

TEST(Initialise, HeDeviationIsGainOverRootOfInputs) {
  EXPECT_NEAR(FirstLayer("relu", "he").deviation, std::sqrt(2.0 / 784), 2e-4);
}

TEST(Initialise, XavierDeviationCountsBothSides) {
  EXPECT_NEAR(FirstLayer("identity", "xavier").deviation, std::sqrt(2.0 / 984), 2e-4);
}

TEST(Initialise, GainIsTheActivations) {
  EXPECT_NEAR(FirstLayer("tanh", "he").deviation, 5.0 / 3.0 / std::sqrt(784.0), 2e-4);
}

// A convolution of 3 x 3 on four channels sums over 36 inputs; behind it stand a pool and tanh.
TEST(Initialise, ConvolutionsCountTheirWindowAndTheActivationBehindIt) {
  NetworkSpec spec;
  spec.preset = Preset::kCustom;
  spec.inputs = 4 * 64;
  spec.image = {8, 8, 4};
  spec.classes = 3;
  spec.layers = {{"conv2d", {{"channels", 5.0}}},
                 {"max_pool", {}},
                 {"activation", {{"activation", "tanh"}}},
                 {"flatten", {}}};
  Rng rng(1, RngPurpose::kInitialWeights, 0, 0);
  EXPECT_FLOAT_EQ(Initial(spec)[0], static_cast<float>(5.0 / 3.0 / 6.0 * rng.NextNormal()));
}

TEST(Initialise, NormsStartAsTheIdentity) {
  NetworkSpec spec = Spec();
  spec.preset = Preset::kCustom;
  spec.layers = {{"layer_norm", {}}};
  const std::vector<float> parameters = Initial(spec);
  EXPECT_THAT(std::span(parameters).first(7), Each(1.0f));
  EXPECT_THAT(std::span(parameters).subspan(7, 7), Each(0.0f));
}

TEST(Initialise, LinearPresetHasGainOne) {
  NetworkSpec spec = Spec({});
  Rng rng(1, RngPurpose::kInitialWeights, 0, 0);
  EXPECT_FLOAT_EQ(Initial(spec)[0], static_cast<float>(rng.NextNormal() / std::sqrt(7.0)));
}

}  // namespace
}  // namespace fedround::nn
