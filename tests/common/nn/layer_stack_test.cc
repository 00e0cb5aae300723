#include "common/nn/layer_stack.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "common/nn/activations/table.h"
#include "tests/common/kernels/random_values.h"

namespace fedround::nn {
namespace {

constexpr std::size_t kBatch = 6;

// 7-5-4-3; with an activation that keeps its input (gelu) or its output (tanh).
class LayerStackTest : public testing::TestWithParam<bool> {
 protected:
  LayerStackTest()
      : stack_(Layers(), GetParam() ? GeluEntry().make({}) : TanhEntry().make({})),
        scratch_(stack_, kBatch),
        parameters_(RandomValues(79, 1)),
        inputs_(RandomValues(kBatch * 7, 2)) {
    scratch_.set_batch(kBatch);
  }

  static std::vector<Dense> Layers() {
    return {Dense("hidden1", 7, 5, 0), Dense("hidden2", 5, 4, 40), Dense("output", 4, 3, 64)};
  }
  static std::vector<float> Copy(std::span<const float> values) {
    return {values.begin(), values.end()};
  }
  // Forward over everything, then a gradient to start the way back with.
  void ForwardAll() {
    stack_.Forward(stack_.all(), parameters_, inputs_, scratch_);
    std::ranges::copy(RandomValues(kBatch * 3, 3), scratch_.gradient(2).begin());
  }

  LayerStack stack_;
  LayerScratch scratch_;
  std::vector<float> parameters_;
  std::vector<float> inputs_;
};

INSTANTIATE_TEST_SUITE_P(Keeps, LayerStackTest, testing::Bool(), [](const auto& parameter) {
  return parameter.param ? "Input" : "Output";
});

TEST_P(LayerStackTest, FindsLayersByName) { EXPECT_EQ(stack_.Find("hidden2"), 1u); }

TEST_P(LayerStackTest, FindsNoLayerThatIsNotThere) {
  EXPECT_EQ(stack_.Find("hidden3"), std::nullopt);
}

TEST_P(LayerStackTest, ForwardInPartsIsForward) {
  stack_.Forward(stack_.all(), parameters_, inputs_, scratch_);
  const std::vector<float> whole = Copy(scratch_.output(2));
  stack_.Forward({0, 1}, parameters_, inputs_, scratch_);
  const std::vector<float> between = Copy(scratch_.output(0));
  stack_.Forward({1, 3}, parameters_, between, scratch_);
  EXPECT_EQ(Copy(scratch_.output(2)), whole);
}

TEST_P(LayerStackTest, BackwardInPartsIsBackward) {
  const SgdOptions options{.learning_rate = 0.1f};
  std::vector<float> whole = parameters_;
  ForwardAll();
  stack_.Backward(stack_.all(), options, {whole, {}, {}}, inputs_, scratch_);

  std::vector<float> parts = parameters_;
  ForwardAll();
  const std::vector<float> between = Copy(scratch_.output(0));
  stack_.Backward({1, 3}, options, {parts, {}, {}}, between, scratch_);
  stack_.Backward({0, 1}, options, {parts, {}, {}}, inputs_, scratch_);
  EXPECT_EQ(parts, whole);
}

TEST_P(LayerStackTest, BackwardLeavesLayersOutsideItsRangeAlone) {
  std::vector<float> after = parameters_;
  ForwardAll();
  const std::vector<float> between = Copy(scratch_.output(0));
  stack_.Backward({1, 3}, {.learning_rate = 0.1f}, {after, {}, {}}, between, scratch_);
  EXPECT_TRUE(std::equal(after.begin(), after.begin() + 40, parameters_.begin()));
}

}  // namespace
}  // namespace fedround::nn
