#include "common/nn/layer_stack.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/nn/layers/activation_layer.h"
#include "common/nn/layers/dense.h"
#include "tests/common/kernels/random_values.h"
#include "tests/common/nn/make_activation.h"

namespace fedround::nn {
namespace {

constexpr std::size_t kBatch = 6;

// 7-5-4-3; with an activation that keeps its input (gelu) or its output (tanh).
class LayerStackTest : public testing::TestWithParam<bool> {
 protected:
  LayerStackTest()
      : stack_(Layers()),
        scratch_(stack_, kBatch),
        parameters_(RandomValues(79, 1)),
        inputs_(RandomValues(kBatch * 7, 2)) {
    scratch_.set_batch(kBatch);
  }

  static std::unique_ptr<Layer> Activate(std::string name, std::size_t width) {
    return std::make_unique<ActivationLayer>(std::move(name), FeatureShape{1, 1, width},
                                             ActivationNamed(GetParam() ? "gelu" : "tanh"));
  }
  static std::vector<std::unique_ptr<Layer>> Layers() {
    std::vector<std::unique_ptr<Layer>> layers;
    layers.push_back(std::make_unique<Dense>("hidden1", 7, 5));
    layers.push_back(Activate("activation1", 5));
    layers.push_back(std::make_unique<Dense>("hidden2", 5, 4));
    layers.push_back(Activate("activation2", 4));
    layers.push_back(std::make_unique<Dense>("output", 4, 3));
    return layers;
  }
  static std::vector<float> Copy(std::span<const float> values) {
    return {values.begin(), values.end()};
  }
  // Forward over everything, then a gradient to start the backward pass with.
  void ForwardAll() {
    stack_.Forward(stack_.all(), parameters_, inputs_, scratch_);
    std::ranges::copy(RandomValues(kBatch * 3, 3), scratch_.gradient(4).begin());
  }

  LayerStack stack_;
  LayerScratch scratch_;
  std::vector<float> parameters_;
  std::vector<float> inputs_;
};

INSTANTIATE_TEST_SUITE_P(Keeps, LayerStackTest, testing::Bool(), [](const auto& parameter) {
  return parameter.param ? "Input" : "Output";
});

TEST_P(LayerStackTest, FindsLayersByName) { EXPECT_EQ(stack_.Find("hidden2"), 2u); }

TEST_P(LayerStackTest, FindsNoLayerThatIsNotThere) {
  EXPECT_EQ(stack_.Find("hidden3"), std::nullopt);
}

TEST_P(LayerStackTest, ForwardInPartsIsForward) {
  stack_.Forward(stack_.all(), parameters_, inputs_, scratch_);
  const std::vector<float> whole = Copy(scratch_.output(4));
  stack_.Forward({0, 2}, parameters_, inputs_, scratch_);
  const std::vector<float> between = Copy(scratch_.output(1));
  stack_.Forward({2, 5}, parameters_, between, scratch_);
  EXPECT_EQ(Copy(scratch_.output(4)), whole);
}

TEST_P(LayerStackTest, BackwardInPartsIsBackward) {
  const SgdOptions options{.learning_rate = 0.1f};
  std::vector<float> whole = parameters_;
  ForwardAll();
  stack_.Backward(stack_.all(), options, {whole, {}, {}}, inputs_, scratch_);

  std::vector<float> parts = parameters_;
  ForwardAll();
  const std::vector<float> between = Copy(scratch_.output(1));
  stack_.Backward({2, 5}, options, {parts, {}, {}}, between, scratch_);
  stack_.Backward({0, 2}, options, {parts, {}, {}}, inputs_, scratch_);
  EXPECT_EQ(parts, whole);
}

TEST_P(LayerStackTest, BackwardLeavesLayersOutsideItsRangeAlone) {
  std::vector<float> after = parameters_;
  ForwardAll();
  const std::vector<float> between = Copy(scratch_.output(1));
  stack_.Backward({2, 5}, {.learning_rate = 0.1f}, {after, {}, {}}, between, scratch_);
  EXPECT_TRUE(std::equal(after.begin(), after.begin() + 40, parameters_.begin()));
}

}  // namespace
}  // namespace fedround::nn
