#include "common/nn/layer_stack.h"

#include <algorithm>

#include "common/base/check.h"

namespace fedround::nn {
namespace {

// Blocks of scratch memory start on cache lines.
std::size_t BlockSize(std::size_t batch, std::size_t width) {
  constexpr std::size_t kFloatsPerLine = 16;
  return (batch * width + kFloatsPerLine - 1) / kFloatsPerLine * kFloatsPerLine;
}

}  // namespace

LayerScratch::LayerScratch(const LayerStack& stack, std::size_t max_batch) : max_batch_(max_batch) {
  const bool keeps_input = stack.activation().keeps() == Activation::Keeps::kInput;
  std::size_t size = 0;
  const auto take = [&size](std::size_t elements) {
    const std::size_t start = size;
    size += elements;
    return start;
  };
  std::vector<std::size_t> products;
  std::vector<std::size_t> outputs;
  std::size_t widest = 0;
  for (const Dense& layer : stack.layers()) {
    const bool is_last = &layer == &stack.layers().back();
    const std::size_t block = BlockSize(max_batch, layer.out());
    widths_.push_back(layer.out());
    products.push_back(take(block));
    outputs.push_back(keeps_input && !is_last ? take(block) : products.back());
    if (!is_last) widest = std::max(widest, block);
  }
  const std::size_t turns[] = {take(widest), take(widest)};

  memory_ = FloatBuffer(size);
  for (std::size_t i = 0; i < widths_.size(); ++i) {
    const bool is_last = i + 1 == widths_.size();
    products_.push_back(memory_.data() + products[i]);
    outputs_.push_back(memory_.data() + outputs[i]);
    gradients_.push_back(is_last ? outputs_.back() : memory_.data() + turns[i % 2]);
  }
}

void LayerScratch::set_batch(std::size_t batch) {
  CHECK(batch <= max_batch_);
  batch_ = batch;
}

std::optional<std::size_t> LayerStack::Find(absl::string_view name) const {
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    if (layers_[i].name() == name) return i;
  }
  return std::nullopt;
}

void LayerStack::Forward(LayerRange range, std::span<const float> parameters,
                         std::span<const float> inputs, LayerScratch& scratch,
                         StepProfile* profile) const {
  for (std::size_t i = range.first; i < range.last; ++i) {
    layers_[i].Forward(parameters, inputs, scratch.product(i));
    EndPhase(profile, StepPhase::kForwardProducts);
    if (IsActivated(i)) {
      activation_->Forward(scratch.product(i), scratch.output(i));
      EndPhase(profile, StepPhase::kForwardActivations);
    }
    inputs = scratch.output(i);
  }
}

void LayerStack::Backward(LayerRange range, const SgdOptions& options, const SgdState& state,
                          std::span<const float> inputs, LayerScratch& scratch,
                          StepProfile* profile) const {
  const bool keeps_input = activation_->keeps() == Activation::Keeps::kInput;
  for (std::size_t i = range.last; i-- > range.first;) {
    const std::span<float> gradient = scratch.gradient(i);
    if (IsActivated(i)) {
      activation_->Backward(keeps_input ? scratch.product(i) : scratch.output(i), gradient);
      EndPhase(profile, StepPhase::kBackwardActivations);
    }
    if (i > 0) {
      layers_[i].BackwardInput(state.parameters, gradient, scratch.gradient(i - 1));
      EndPhase(profile, StepPhase::kBackwardProducts);
    }
    layers_[i].Update(options, state, i == range.first ? inputs : scratch.output(i - 1), gradient);
    EndPhase(profile, StepPhase::kWeightUpdate);
  }
}

}  // namespace fedround::nn
