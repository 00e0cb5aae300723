#include "experiments/bench/models.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fedround::bench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string ModelError(absl::string_view text) {
  return std::string(ParseModels(text).status().message());
}

std::string BatchError(absl::string_view text) {
  return std::string(ParseBatches(text).status().message());
}

Work WorkOfModel(absl::string_view name) {
  const Model model = ParseModels(name).value().front();
  return WorkOf(nn::Network::Create(model.Spec("relu")).value());
}

TEST(ParseModels, ReadsNamesAndShapes) {
  const std::vector<Model> models = ParseModels("2nn,64-32x3,100-50-20x2,cnn").value();
  ASSERT_EQ(models.size(), 4);
  EXPECT_EQ(models[0].name, "2nn");
  EXPECT_EQ(models[0].inputs, 784);
  EXPECT_THAT(models[0].hidden, ElementsAre(200, 200));
  EXPECT_EQ(models[1].inputs, 64);
  EXPECT_THAT(models[1].hidden, ElementsAre(32, 32, 32));
  EXPECT_THAT(models[2].hidden, ElementsAre(50, 20, 20));
  EXPECT_EQ(models[3].preset, nn::Preset::kCnn);
}

TEST(ParseModels, SaysWhichEntryIsWrongAndHow) {
  EXPECT_EQ(ModelError("2nn,3nn"),
            "--model[1] = 3nn: must be 2nn, cnn or INPUTS-WIDTHxTIMES (784-64x8)");
  EXPECT_EQ(ModelError("784-0x2"),
            "--model[0] = 784-0x2: width = 0: must be a whole number of 1 .. 65536");
  EXPECT_EQ(ModelError("784-64x"),
            "--model[0] = 784-64x: times = : must be a whole number of 1 .. 256");
  EXPECT_EQ(ModelError("784-64x8x2"),
            "--model[0] = 784-64x8x2: times = 8x2: must be a whole number of 1 .. 256");
  EXPECT_THAT(ModelError("-5-3"), HasSubstr("inputs = :"));
  EXPECT_THAT(ModelError("2nn,"), HasSubstr("--model[1] = :"));
}

TEST(ParseBatches, ReadsCounts) {
  EXPECT_THAT(ParseBatches("1,10,1000").value(), ElementsAre(1, 10, 1000));
}

TEST(ParseBatches, SaysWhichEntryIsWrongAndHow) {
  EXPECT_EQ(BatchError("1,0"), "--batch[1] = 0: must be a whole number of 1 .. 1000");
  EXPECT_EQ(BatchError("1001"), "--batch[0] = 1001: must be a whole number of 1 .. 1000");
  EXPECT_EQ(BatchError("ten"), "--batch[0] = ten: must be a whole number of 1 .. 1000");
}

// Weights 784 x 200, 200 x 200, 200 x 10; only the last two pass a gradient on.
TEST(Work, CountsNoGradientOfTheInputs) {
  const Work work = WorkOfModel("2nn");
  EXPECT_EQ(work.forward_flops, 2.0 * (156'800 + 40'000 + 2'000));
  EXPECT_EQ(work.training_flops, 2.0 * (2 * 156'800 + 3 * 40'000 + 3 * 2'000));
}

TEST(Work, CountsTheBytesOfAStep) {
  const Work work = WorkOfModel("2nn");
  EXPECT_EQ(work.read_bytes, 4.0 * (199'210 + 42'000));
  EXPECT_EQ(work.update_bytes, 8.0 * 199'210);
}

// McMahan et al. 2017: 5 x 5 x 32 and 5 x 5 x 64 on 28 x 28 and 14 x 14 places, 3136-512-10.
TEST(Work, CountsConvolutionsAtEachPlace) {
  const double conv1 = 2.0 * 800 * 784;
  const double rest = 2.0 * (51'200 * 196 + 1'605'632 + 5'120);
  const Work work = WorkOfModel("cnn");
  EXPECT_EQ(work.forward_flops, conv1 + rest);
  EXPECT_EQ(work.training_flops, 2 * conv1 + 3 * rest);
}

}  // namespace
}  // namespace fedround::bench
