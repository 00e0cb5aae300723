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

// A network of w [2, 1], b [1] and, as its head, output.w [2].
const std::vector<TensorSpec> kNetwork = {{"h.w", {2, 1}}, {"h.b", {1}}, {"output.w", {2}}};

struct Copied {
  absl::StatusOr<bool> with_head;
  std::vector<float> parameters = {-1, -2, -3, -4, -5};
};

Copied CopyFrom(std::vector<TensorSpec> specs) {
  Copied copied;
  copied.with_head = CopyBelowHead(kNetwork, Model(std::move(specs)), "output", copied.parameters);
  return copied;
}

TEST(CopyBelowHead, TakesAHeadThatFits) {
  const Copied copied = CopyFrom({{"output.w", {2}}, {"h.b", {1}}, {"h.w", {2, 1}}});
  ASSERT_TRUE(copied.with_head.ok()) << copied.with_head.status();
  EXPECT_TRUE(*copied.with_head);
  EXPECT_THAT(copied.parameters, ElementsAre(4, 5, 3, 1, 2));
}

TEST(CopyBelowHead, LeavesAHeadOfAnotherShapeAsItIs) {
  const Copied copied = CopyFrom({{"h.b", {1}}, {"h.w", {2, 1}}, {"output.w", {2, 1}}});
  ASSERT_TRUE(copied.with_head.ok()) << copied.with_head.status();
  EXPECT_FALSE(*copied.with_head);
  EXPECT_THAT(copied.parameters, ElementsAre(2, 3, 1, -4, -5));
}

TEST(CopyBelowHead, LeavesAHeadThatHasOtherTensorsAsItIs) {
  const Copied copied = CopyFrom({{"h.b", {1}}, {"h.w", {2, 1}}, {"output.v", {2}}});
  ASSERT_TRUE(copied.with_head.ok()) << copied.with_head.status();
  EXPECT_THAT(copied.parameters, ElementsAre(2, 3, 1, -4, -5));
}

TEST(CopyBelowHead, IsAsStrictAsLaidOutAsWithOtherLayers) {
  EXPECT_EQ(
      CopyFrom({{"h.b", {1}}, {"h.w", {1, 2}}, {"output.w", {2}}}).with_head.status().message(),
      "tensor \"h.w\": has shape [1, 2]: must be [2, 1]");
  EXPECT_EQ(CopyFrom({{"h.b", {3}}, {"output.w", {2}}}).with_head.status().message(),
            "tensor \"h.w\": is missing");
  EXPECT_EQ(CopyFrom({{"h.b", {1}}, {"h.w", {2, 1}}, {"z", {2}}}).with_head.status().message(),
            "tensor \"z\": is not one of those expected");
}

}  // namespace
}  // namespace fedround
