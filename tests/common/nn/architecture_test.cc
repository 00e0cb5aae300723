// Presets, names, shapes that fit each other or do not, and frozen layers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/nn/network.h"

namespace fedround::nn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

NetworkSpec Images(Preset preset, std::vector<PlugIn> layers = {}) {
  NetworkSpec spec;
  spec.preset = preset;
  spec.inputs = 28 * 28;
  spec.image = {28, 28, 1};
  spec.classes = 10;
  spec.layers = std::move(layers);
  return spec;
}

NetworkSpec Custom(std::vector<PlugIn> layers) {
  return Images(Preset::kCustom, std::move(layers));
}

const PlugIn kConv{"conv2d", {{"channels", 4.0}, {"kernel", 5.0}}};
const PlugIn kPool{"max_pool", {}};
const PlugIn kFlatten{"flatten", {}};
const PlugIn kDense{"dense", {{"units", 6.0}}};
const PlugIn kNorm{"layer_norm", {}};

std::string ErrorOf(const NetworkSpec& spec) {
  const auto network = Network::Create(spec);
  EXPECT_EQ(network.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(network.status().message());
}

TEST(Cnn, HasTheParametersOfItsPaper) {
  EXPECT_EQ(Network::Create(Images(Preset::kCnn))->parameter_count(), 1'663'370u);
}

TEST(Cnn, HasTensorsInPyTorchOrder) {
  EXPECT_THAT(
      Network::Create(Images(Preset::kCnn))->tensors(),
      ElementsAre(TensorSpec{"conv1.weight", {32, 1, 5, 5}}, TensorSpec{"conv1.bias", {32}},
                  TensorSpec{"conv2.weight", {64, 32, 5, 5}}, TensorSpec{"conv2.bias", {64}},
                  TensorSpec{"hidden1.weight", {512, 3136}}, TensorSpec{"hidden1.bias", {512}},
                  TensorSpec{"output.weight", {10, 512}}, TensorSpec{"output.bias", {10}}));
}

TEST(Cnn, RefusesDataThatAreNotImages) {
  NetworkSpec spec = Images(Preset::kCnn);
  spec.image = {};
  EXPECT_EQ(ErrorOf(spec),
            "model.preset = \"cnn\", conv1: gets a flat vector of 784; it takes images: put it "
            "before flatten and dense, on data of images");
}

// By hand: 25 x 32 weights at 784 places, 25 x 32 x 64 at 196, 3136 x 512, 512 x 10.
TEST(Cnn, KnowsItsWork) {
  constexpr std::uint64_t kFirst = 2 * 25 * 32 * 784;
  constexpr std::uint64_t kRest = 2 * (25 * 32 * 64 * 196 + 3136 * 512 + 512 * 10);
  const auto network = Network::Create(Images(Preset::kCnn));
  EXPECT_EQ(network->flops_per_example(Work::kForward), kFirst + kRest);
  EXPECT_EQ(network->flops_per_example(Work::kTraining), 2 * kFirst + 3 * kRest);
}

TEST(Custom, CountsNamesByKind) {
  const PlugIn drop{"dropout", {}}, tanh{"activation", {{"activation", "tanh"}}};
  const auto network =
      Network::Create(Custom({kConv, tanh, kNorm, kPool, kFlatten, kDense, kNorm, drop, kDense}));
  ASSERT_TRUE(network.ok()) << network.status();
  std::vector<std::string> names;
  for (const TensorSpec& tensor : network->tensors()) names.push_back(tensor.name);
  EXPECT_THAT(names, ElementsAre("conv1.weight", "conv1.bias", "norm1.weight", "norm1.bias",
                                 "hidden1.weight", "hidden1.bias", "norm2.weight", "norm2.bias",
                                 "hidden2.weight", "hidden2.bias", "output.weight", "output.bias"));
}

TEST(Custom, NormalisesImagesInPyTorchShape) {
  const auto network = Network::Create(Custom({kConv, kNorm, kFlatten}));
  EXPECT_EQ(network->tensors()[2], (TensorSpec{"norm1.weight", {4, 24, 24}}));
}

TEST(Custom, NeedsLayers) {
  EXPECT_EQ(ErrorOf(Custom({})),
            "model.layer is empty: model.preset = \"custom\" needs at least one [[model.layer]]");
}

TEST(Presets, RefuseLayersBesideTheirOwn) {
  EXPECT_EQ(ErrorOf(Images(Preset::kMlp, {kDense})),
            "model.layer: 1 given, but model.preset = \"mlp\" has its own: set model.preset = "
            "\"custom\" or leave them out");
}

TEST(Presets, TakeImagesAsFlatVectorsWhereTheyHaveNoLayersForThem) {
  NetworkSpec spec = Images(Preset::kMlp);
  spec.hidden = {5};
  EXPECT_EQ(Network::Create(spec)->tensors()[0], (TensorSpec{"hidden1.weight", {5, 784}}));
}

TEST(Custom, RefusesAnUnknownLayerWithTheNearest) {
  EXPECT_THAT(ErrorOf(Custom({kFlatten, {"dens", {}}})),
              HasSubstr("model.layer[1]: unknown layer \"dens\"; did you mean \"dense\"?"));
}

TEST(Custom, RefusesALayerWithoutItsSize) {
  EXPECT_THAT(ErrorOf(Custom({kFlatten, {"dense", {}}})),
              HasSubstr("model.layer[1].units: missing: outputs"));
}

TEST(Custom, RefusesASizeThatIsNotWhole) {
  EXPECT_EQ(ErrorOf(Custom({kFlatten, {"dense", {{"units", 2.5}}}})),
            "model.layer[1].units = 2.5: must be a whole number");
}

TEST(Custom, RefusesAnUnknownActivationOfALayersOwn) {
  EXPECT_THAT(ErrorOf(Custom({{"activation", {{"activation", "tanj"}}}})),
              HasSubstr("model.layer[0]: unknown activation \"tanj\"; did you mean \"tanh\"?"));
}

TEST(Custom, RefusesDenseBehindImages) {
  EXPECT_EQ(ErrorOf(Custom({kConv, kDense})),
            "model.layer[1], hidden1: gets images of 24 x 24 x 4; it takes a flat vector: put a "
            "flatten layer before it");
}

TEST(Custom, RefusesToEndWithImages) {
  EXPECT_EQ(ErrorOf(Custom({kConv})),
            "model, output: gets images of 24 x 24 x 4; it takes a flat vector: put a flatten "
            "layer before it");
}

TEST(Custom, RefusesAWindowThatDoesNotFit) {
  EXPECT_EQ(ErrorOf(Custom({kPool, kPool, kPool, kConv})),
            "model.layer[3], conv1: gets images of 3 x 3 x 1; kernel = 5 does not fit into them "
            "with padding 0: lower it");
}

TEST(Custom, RefusesToPoolAFlatVector) {
  EXPECT_THAT(ErrorOf(Custom({kFlatten, kPool})),
              HasSubstr("model.layer[1], pool1: gets a flat vector of 784; it takes images"));
}

TEST(Custom, RefusesMoreParametersThanAllowed) {
  NetworkSpec spec = Custom({kConv, kFlatten});
  spec.max_parameters = 103;  // conv1 alone has 104
  EXPECT_EQ(ErrorOf(spec),
            "model.layer[0], conv1: gets images of 28 x 28 x 1; with its weights the network has "
            "more than limits.max_parameters = 103 parameters: make it narrower or raise the "
            "limit");
}

TEST(Custom, RefusesExamplesThatGrowBeyondAllMeasure) {
  const PlugIn wide{"conv2d", {{"channels", 4096.0}, {"kernel", 101.0}, {"padding", 100.0}}};
  EXPECT_THAT(ErrorOf(Custom({wide, kFlatten})), HasSubstr("features of an example: must be <="));
}

TEST(Custom, RefusesPaddingThatAWindowDoesNotReachOver) {
  const PlugIn conv{"conv2d", {{"channels", 1.0}, {"kernel", 3.0}, {"padding", 3.0}}};
  EXPECT_THAT(ErrorOf(Custom({conv, kFlatten})),
              HasSubstr("padding = 3: must be below kernel = 3"));
}

TEST(Presets, AnExternalModelIsNoNetwork) {
  EXPECT_EQ(ErrorOf(Images(Preset::kExternal)),
            "model.preset = \"external\": is not a network of fedround's own");
}

TEST(Freeze, TellsWhichTensorsMove) {
  NetworkSpec spec = Custom({kConv, kFlatten, kDense});
  spec.freeze = {"conv1"};
  EXPECT_THAT(Network::Create(spec)->layout().fates,
              ElementsAre(Fate::kFrozen, Fate::kFrozen, Fate::kShared, Fate::kShared, Fate::kShared,
                          Fate::kShared));
}

TEST(Freeze, LeavesOutTheWorkBelow) {
  NetworkSpec spec = Images(Preset::kCnn);
  spec.freeze = {"conv1", "conv2", "hidden1"};
  const auto network = Network::Create(spec);
  EXPECT_EQ(network->flops_per_example(Work::kTraining),
            network->flops_per_example(Work::kForward) + 2 * 512 * 10);
}

TEST(Freeze, RefusesAnUnknownLayerWithTheNearest) {
  NetworkSpec spec = Images(Preset::kCnn);
  spec.freeze = {"conv1", "hiden1"};
  EXPECT_THAT(ErrorOf(spec),
              HasSubstr("model.freeze[1]: unknown layer with weights \"hiden1\"; did you mean "
                        "\"hidden1\"?"));
}

TEST(Freeze, RefusesToFreezeEverything) {
  NetworkSpec spec = Custom({kFlatten});
  spec.freeze = {"output"};
  EXPECT_EQ(ErrorOf(spec), "model.freeze names every layer with weights: nothing is left to train");
}

}  // namespace
}  // namespace fedround::nn
