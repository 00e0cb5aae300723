#include "common/round/named_parameters.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace fedround {
namespace {

using ::testing::ElementsAre;

NamedParameters Model(std::vector<TensorSpec> specs) {
  NamedParameters model{.specs = std::move(specs), .parameters = FloatBuffer(5)};
  std::ranges::copy(std::vector<float>{1, 2, 3, 4, 5}, model.parameters.data());
  return model;
}

std::string ErrorOf(std::vector<TensorSpec> specs, const std::vector<TensorSpec>& wanted) {
  return std::string(LaidOutAs(wanted, Model(std::move(specs))).status().message());
}

TEST(LaidOutAs, TakesTheOrderOfTheSpecs) {
  const std::vector<TensorSpec> wanted = {{"w", {2, 2}}, {"b", {1}}};
  const auto parameters = LaidOutAs(wanted, Model({{"b", {1}}, {"w", {2, 2}}}));
  ASSERT_TRUE(parameters.ok()) << parameters.status();
  EXPECT_THAT(parameters->span(), ElementsAre(2, 3, 4, 5, 1));
}

TEST(LaidOutAs, NamesATensorThatIsMissing) {
  EXPECT_EQ(ErrorOf({{"a", {5}}}, {{"a", {5}}, {"b", {1}}}), "tensor \"b\": is missing");
}

TEST(LaidOutAs, NamesATensorOfAnotherShape) {
  EXPECT_EQ(ErrorOf({{"a", {5, 1}}}, {{"a", {1, 5}}}),
            "tensor \"a\": has shape [5, 1]: must be [1, 5]");
}

TEST(LaidOutAs, NamesATensorThatNobodyAskedFor) {
  EXPECT_EQ(ErrorOf({{"a", {4}}, {"z", {1}}}, {{"a", {4}}}),
            "tensor \"z\": is not one of those expected");
}

}  // namespace
}  // namespace fedround
