#include "common/round/model_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace fedround {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<TensorSpec> Gru() {
  return {{"gru.weight_ih", {24, 4}}, {"gru.weight_hh", {24, 8}}, {"head.weight", {4, 8}}};
}

std::string ErrorOf(const std::vector<TensorSpec>& tensors) {
  const absl::Status status = CheckTensors(tensors);
  EXPECT_TRUE(status.ok() || absl::IsInvalidArgument(status)) << status;
  return std::string(status.message());
}

std::string FreezeErrorOf(const std::vector<std::string>& freeze) {
  return std::string(LayOut(Gru(), freeze).status().message());
}

TEST(ModelLayout, SharesWhatIsNotFrozen) {
  const auto layout = LayOut(Gru(), {});
  ASSERT_TRUE(layout.ok()) << layout.status();
  EXPECT_EQ(layout->tensors, Gru());
  EXPECT_THAT(layout->fates, ElementsAre(Fate::kShared, Fate::kShared, Fate::kShared));
}

TEST(ModelLayout, FreezesAllTensorsOfALayer) {
  const auto layout = LayOut(Gru(), std::vector<std::string>{"gru"});
  ASSERT_TRUE(layout.ok()) << layout.status();
  EXPECT_THAT(layout->fates, ElementsAre(Fate::kFrozen, Fate::kFrozen, Fate::kShared));
}

TEST(ModelLayout, TakesATensorWithoutADotAsALayerOfItsOwn) {
  EXPECT_EQ(LayerOf({"scale", {1}}), "scale");
  EXPECT_EQ(LayerOf({"block.1.weight", {1}}), "block.1");
}

TEST(ModelLayout, RefusesToFreezeAnUnknownLayerWithTheNearest) {
  EXPECT_EQ(FreezeErrorOf({"heat"}),
            "model.freeze[0]: unknown layer with weights \"heat\"; did you mean \"head\"? (known: "
            "gru, head)");
}

TEST(ModelLayout, RefusesToFreezeEverything) {
  EXPECT_EQ(FreezeErrorOf({"gru", "head"}),
            "model.freeze names every layer with weights: nothing is left to train");
}

TEST(ModelLayout, HasATensor) {
  EXPECT_EQ(ErrorOf({}), "0 tensors: must be 1 to 65536");
  EXPECT_EQ(ErrorOf(std::vector<TensorSpec>(kMaxTensors, {"a", {1}})), "");
  EXPECT_EQ(ErrorOf(std::vector<TensorSpec>(kMaxTensors + 1, {"a", {1}})),
            "65537 tensors: must be 1 to 65536");
}

TEST(ModelLayout, HasTensorsWithNamesThatCanBeSent) {
  EXPECT_EQ(ErrorOf({{"", {1}}}), "a tensor has a name of 0 bytes: must be 1 to 256");
  EXPECT_EQ(ErrorOf({{std::string(256, 'x'), {1}}}), "");
  EXPECT_EQ(ErrorOf({{std::string(257, 'x'), {1}}}),
            "a tensor has a name of 257 bytes: must be 1 to 256");
}

TEST(ModelLayout, HasExtentsOfAtLeastOne) {
  EXPECT_EQ(ErrorOf({{"scalar", {}}}), "");
  for (const std::int64_t extent :
       {std::int64_t{0}, std::int64_t{-1}, std::numeric_limits<std::int64_t>::min()}) {
    EXPECT_THAT(ErrorOf({{"a", {1}}, {"b", {2, extent}}}),
                HasSubstr("tensor \"b\": at most 8 extents, all at least 1"));
  }
  EXPECT_EQ(ErrorOf({{"a", std::vector<std::int64_t>(8, 1)}}), "");
  EXPECT_THAT(ErrorOf({{"a", std::vector<std::int64_t>(9, 1)}}), HasSubstr("at most 8 extents"));
}

TEST(ModelLayout, HasItsLimitOfParametersInTotal) {
  EXPECT_EQ(ErrorOf({{"a", {4, 500'000'000}}, {"b", {2'000'000'000}}}), "");
  EXPECT_THAT(ErrorOf({{"a", {4, 500'000'000}}, {"b", {2'000'000'001}}}),
              HasSubstr("tensor \"b\""));
  EXPECT_THAT(ErrorOf({{"a", {4'000'000'000}}, {"b", {}}}), HasSubstr("tensor \"b\""));
  // Their product is 0 in 64 bits.
  EXPECT_THAT(ErrorOf({{"a", {std::int64_t{1} << 32, std::int64_t{1} << 32}}}),
              HasSubstr("tensor \"a\""));
}

}  // namespace
}  // namespace fedround
