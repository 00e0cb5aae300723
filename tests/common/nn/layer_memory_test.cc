// Sharing memory between layers changes no bit, in whatever order layers follow each other.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/nn/architecture.h"
#include "tests/common/kernels/random_values.h"

namespace fedround::nn {
namespace {

constexpr std::size_t kBatch = 3;
constexpr SgdOptions kOptions{.learning_rate = 0.1f};
constexpr FeatureShape kImage{7, 6, 2};

// Six layers drawn from those that take images and give images.
NetworkSpec RandomSpec(std::uint64_t seed) {
  const PlugIn layers[] = {{"activation", {{"activation", std::string("gelu")}}},
                           {"activation", {{"activation", std::string("relu")}}},
                           {"activation", {{"activation", std::string("tanh")}}},
                           {"conv2d", {{"channels", 3.0}, {"padding", 1.0}}},
                           {"dropout", {}},
                           {"layer_norm", {}},
                           {"max_pool", {{"stride", 1.0}}}};
  NetworkSpec spec;
  spec.preset = Preset::kCustom;
  spec.inputs = kImage.size();
  spec.image = kImage;
  spec.classes = 3;
  Rng rng(seed, RngPurpose::kSyntheticData);
  for (int i = 0; i < 6; ++i) spec.layers.push_back(layers[rng.Below(std::size(layers))]);
  spec.layers.push_back({"flatten", {}});
  return spec;
}

std::string Text(const NetworkSpec& spec) {
  std::string text;
  for (const PlugIn& layer : spec.layers) {
    absl::StrAppend(&text, " ", layer.name);
    if (layer.options.contains("activation")) absl::StrAppend(&text, ":", layer.Text("activation"));
  }
  return text;
}

// A network, a batch, and the gradient with which the backward pass starts.
class Step {
 public:
  explicit Step(const NetworkSpec& spec)
      : stack_(*MakeLayers(spec)),
        start_(RandomValues(stack_.parameter_count(), 1)),
        inputs_(RandomValues(kBatch * kImage.size(), 2)),
        gradient_(RandomValues(kBatch * 3, 3)) {}

  // The parameters after it.
  std::vector<float> Shared() const {
    LayerScratch scratch(stack_, kBatch);
    scratch.set_batch(kBatch);
    std::vector<float> parameters = start_;
    Rng dropout(1, RngPurpose::kDropoutMask);
    stack_.Forward(stack_.all(), parameters, inputs_, scratch, nullptr, &dropout);
    std::ranges::copy(gradient_, scratch.gradient(stack_.size() - 1).begin());
    stack_.Backward(stack_.all(), kOptions, {parameters, {}, {}}, inputs_, scratch);
    return parameters;
  }

  // The same, each layer with memory of its own.
  std::vector<float> Apart() const {
    std::vector<float> parameters = start_;
    std::vector<std::vector<float>> values = {inputs_}, scratches;
    Rng dropout(1, RngPurpose::kDropoutMask);
    for (std::size_t i = 0; i < stack_.size(); ++i) {
      std::vector<float> y(kBatch * stack_.layer(i).out().size());
      scratches.emplace_back(stack_.layer(i).ScratchFloats(kBatch));
      stack_.layer(i).Forward({stack_.Own<const float>(i, start_), values[i], y, scratches[i]},
                              &dropout);
      values.push_back(std::move(y));
    }
    std::vector<float> dy = gradient_;
    for (std::size_t i = stack_.size(); i-- > 0;) {
      const Layer& layer = stack_.layer(i);
      const LayerValues at{stack_.Own<const float>(i, start_), values[i], values[i + 1],
                           scratches[i]};
      layer.AddGradient(at, -kOptions.learning_rate, dy,
                        stack_.Own(i, std::span<float>(parameters)));
      std::vector<float> dx(values[i].size());
      layer.BackwardInput(at, dy, layer.is_elementwise() ? dy : dx);
      if (!layer.is_elementwise()) dy = std::move(dx);
    }
    return parameters;
  }

 private:
  const LayerStack stack_;
  const std::vector<float> start_, inputs_, gradient_;
};

TEST(LayerScratch, SharingChangesNoBit) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const NetworkSpec spec = RandomSpec(seed);
    const Step step(spec);
    ASSERT_EQ(step.Shared(), step.Apart()) << "seed " << seed << ":" << Text(spec);
  }
}

}  // namespace
}  // namespace fedround::nn
