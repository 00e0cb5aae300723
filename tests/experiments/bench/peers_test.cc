// Peers must compute the same as our kernels, or comparing times would mean nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "common/base/rng.h"
#include "experiments/bench/kernels.h"
#include "experiments/bench/peers/activations.h"
#include "experiments/bench/peers/one_dnn.h"

namespace fedround::bench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<float> Normal(std::size_t size) {
  Rng rng(3, RngPurpose::kSyntheticData);
  std::vector<float> values(size);
  for (float& value : values) value = static_cast<float>(3 * rng.NextNormal());
  return values;
}

// For tanh of -8 .. 8, say: float's error times a few, relative where values are large.
double Tolerance(double value) { return 4e-6 * std::max(1.0, std::abs(value)); }

TEST(ActivationPeers, ComputeOurFunctions) {
  const std::vector<float> z = Normal(1003);
  for (const PlugInInfo& info : nn::Activations()) {
    const auto ours = MakeActivation(info.name, ActivationKernel::kFast).value();
    for (const Peer& peer : PeersOf(info.name)) {
      std::vector<float> output = z;
      peer.activation->forward(output.data(), output.size());
      std::vector<float> gradient(z.size(), 1.0F);
      const std::vector<float>& kept = peer.activation->keeps_output ? output : z;
      peer.activation->backward(kept.data(), gradient.data(), gradient.size());
      for (std::size_t i = 0; i < z.size(); ++i) {
        const double value = ours->Value(static_cast<double>(z[i]));
        const double slope = ours->Derivative(static_cast<double>(z[i]));
        EXPECT_NEAR(output[i], value, Tolerance(value)) << peer.set << " " << info.name << z[i];
        EXPECT_NEAR(gradient[i], slope, Tolerance(slope)) << peer.set << " " << info.name << z[i];
      }
    }
  }
}

TEST(ActivationPeers, ThereAreTwoForEachSmoothFunctionWeHave) {
  for (const char* const name : {"gelu", "sigmoid", "tanh", "relu"}) {
    EXPECT_EQ(PeersOf(name).size(), 2) << name;
  }
  EXPECT_TRUE(PeersOf("identity").empty());
}

TEST(ParseActivations, AddsIdentityAndRelu) {
  EXPECT_THAT(ParseActivations("tanh").value(), ElementsAre("identity", "relu", "tanh"));
  EXPECT_EQ(ParseActivations("all").value().size(), nn::Activations().size());
}

TEST(ParseActivations, NamesTheNearest) {
  EXPECT_THAT(std::string(ParseActivations("tanh,gellu").status().message()),
              HasSubstr("--activation: unknown activation \"gellu\"; did you mean \"gelu\"?"));
}

TEST(ParseKernels, KnowsItsOwn) {
  EXPECT_THAT(ParseKernels("").value(),
              ElementsAre(ActivationKernel::kFast, ActivationKernel::kCompiler,
                          ActivationKernel::kScalar, ActivationKernel::kBranchy));
  EXPECT_THAT(ParseKernels("scalar").value(), ElementsAre(ActivationKernel::kScalar));
  EXPECT_THAT(std::string(ParseKernels("fasst").status().message()),
              HasSubstr("did you mean \"fast\"?"));
}

// One layer's products are sums of up to 60 terms of order 1: float's error times a few.
TEST(OneDnnNetwork, TakesTheStepsOfOurs) {
  const absl::StatusOr<OneDnn> library = OneDnn::Load();
  // The library is a peer, not something this project is built or tested with.
  if (!library.ok()) GTEST_SKIP() << library.status().message();
  const Model model = ParseModels("20-30-15").value().front();
  const nn::Network ours = nn::Network::Create(model.Spec("relu")).value();
  std::vector<float> parameters(ours.parameter_count());
  ours.Initialise(1, parameters);
  OneDnnNetwork theirs(*library, {20, 30, 15, kClasses}, parameters, 8);
  const Examples examples = Examples::Open("blobs", 20).value();
  nn::Workspace workspace(ours, 8);
  Walk walk(examples, 8);
  double first = 0;
  double last = 0;
  for (int step = 0; step < 50; ++step) {
    const Batch batch = walk.Next();
    last = ours.TrainStep(parameters, batch.inputs, batch.labels, {.learning_rate = 0.05F}, {}, {},
                          workspace)
               .loss_sum;
    if (step == 0) first = last;
    EXPECT_NEAR(theirs.TrainStep(batch, 0.05F).loss_sum, last, 1e-3) << step;
  }
  EXPECT_LT(last, 0.8 * first);
}

TEST(OneDnn, RefusesWhatHasOtherThanDenseLayers) {
  const absl::StatusOr<OneDnn> library = OneDnn::Load();
  // The library is a peer, not something this project is built or tested with.
  if (!library.ok()) GTEST_SKIP() << library.status().message();
  const Examples examples = Examples::Open("blobs", 20).value();
  const Model cnn = ParseModels("cnn").value().front();
  EXPECT_THAT(
      std::string(
          MakeOneDnnStep(*library, cnn, examples, 1, Pass::kTrain, 0.05F, {}).status().message()),
      HasSubstr("cnn has layers that are not dense"));
}

}  // namespace
}  // namespace fedround::bench
