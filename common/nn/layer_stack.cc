#include "common/nn/layer_stack.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"
#include "common/kernels/shapes.h"

namespace fedround::nn {
namespace {

// Blocks of scratch memory start on cache lines.
std::size_t BlockSize(std::size_t floats) {
  constexpr std::size_t kFloatsPerLine = 16;
  return (floats + kFloatsPerLine - 1) / kFloatsPerLine * kFloatsPerLine;
}

// Whether layer i's output takes the place of its input.
bool IsInPlace(const LayerStack& stack, std::size_t i) {
  const Layer& layer = stack.layer(i);
  return i > 0 && layer.is_elementwise() && !layer.needs_input() &&
         !stack.layer(i - 1).needs_output();
}

}  // namespace

LayerScratch::LayerScratch(const LayerStack& stack, std::size_t max_batch)
    : max_batch_(max_batch), blocks_(stack.size()) {
  std::size_t size = 0;
  const auto take = [&size](std::size_t floats) {
    return std::exchange(size, size + BlockSize(floats));
  };
  const std::size_t last = stack.size() - 1;
  std::vector<std::size_t> outputs(stack.size()), owns(stack.size());
  for (std::size_t i = 0; i <= last; ++i) {
    blocks_[i].width = stack.layer(i).out().size();
    blocks_[i].own_size = stack.layer(i).ScratchFloats(max_batch);
    outputs[i] = IsInPlace(stack, i) ? outputs[i - 1] : take(max_batch * blocks_[i].width);
    owns[i] = take(blocks_[i].own_size);
  }
  // gradients[i]: which of the two alternating blocks; an elementwise layer shares it with the
  // layer below.
  std::vector<std::size_t> turns(stack.size());
  std::size_t widest[2] = {0, 0};
  constexpr std::size_t kInOutput = 2;
  turns[last] = kInOutput;
  for (std::size_t i = last; i-- > stack.first_trained();) {
    const bool shared = stack.layer(i + 1).is_elementwise();
    turns[i] = shared ? turns[i + 1] : (turns[i + 1] == 0 ? 1 : 0);
    if (turns[i] != kInOutput) {
      widest[turns[i]] = std::max(widest[turns[i]], max_batch * blocks_[i].width);
    }
  }
  const std::size_t starts[] = {take(widest[0]), take(widest[1]), outputs[last]};

  memory_ = FloatBuffer(size);
  for (std::size_t i = 0; i <= last; ++i) {
    blocks_[i].output = memory_.data() + outputs[i];
    blocks_[i].own = memory_.data() + owns[i];
    if (i == last || i >= stack.first_trained()) {
      blocks_[i].gradient = memory_.data() + starts[turns[i]];
    }
  }
}

void LayerScratch::set_batch(std::size_t batch) {
  CHECK(batch <= max_batch_);
  batch_ = batch;
}

LayerStack::LayerStack(std::vector<std::unique_ptr<Layer>> layers, StackOptions options)
    : skip_zeros_(options.skip_zeros), fuse_activations_(options.fuse_activations) {
  CHECK(!layers.empty() && !layers.back()->needs_output());
  std::vector<bool> frozen = std::move(options.frozen);
  frozen.resize(layers.size(), false);
  std::size_t offset = 0;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    CHECK(i == 0 || layer(i - 1).out() == layers[i]->in());
    const std::size_t count = ParameterCount(layers[i]->tensors());
    places_.push_back({std::move(layers[i]), offset, count, count > 0 && !frozen[i]});
    offset += count;
  }
  while (first_trained_ < size() && !is_trained(first_trained_)) ++first_trained_;
}

std::optional<std::size_t> LayerStack::Find(absl::string_view name) const {
  for (std::size_t i = 0; i < size(); ++i) {
    if (layer(i).name() == name) return i;
  }
  return std::nullopt;
}

bool LayerStack::IsFused(std::size_t i, const LayerRange& range) const {
  return fuse_activations_ && layer(i).is_divisible() && i + 1 < range.last &&
         layer(i + 1).activation() != nullptr && places_[i + 1].count == 0;
}

bool LayerStack::MaySkipZeros(std::size_t i, LayerScratch& scratch) const {
  // Inside the network a whole vector is zero only in a single example, and even then it is
  // skipping units without a gradient that pays.
  return skip_zeros_ && (i == 0 || scratch.batch() == 1);
}

void LayerStack::ForwardFused(std::size_t i, const LayerValues& at, LayerScratch& scratch) const {
  // The rows of a few tiles; the outputs of that many examples fit into the first cache beside the
  // data of the products. Batches of kLargeBatch or more are not cut below it, so that no bit
  // changes.
  constexpr std::size_t kExamples = 10;
  const std::size_t batch = scratch.batch();
  const std::size_t parts = std::max<std::size_t>(
      1, batch / (batch < kernels::kLargeBatch ? kExamples : kernels::kLargeBatch));
  const std::size_t in = layer(i).in().size();
  const std::size_t out = layer(i).out().size();
  const std::span<float> activated = scratch.output(i + 1);
  for (std::size_t p = 0; p < parts; ++p) {
    const std::size_t from = batch * p / parts;
    const std::size_t examples = batch * (p + 1) / parts - from;
    const std::size_t first = from * out;
    LayerValues part = at;
    part.y = at.y.subspan(first, examples * out);
    part.x = at.x.subspan(from * in, examples * in);
    layer(i).Forward(part, nullptr);
    layer(i + 1).Forward({.parameters = {},
                          .x = part.y,
                          .y = activated.subspan(first, part.y.size()),
                          .scratch = scratch.own(i + 1)},
                         nullptr);
  }
}

void LayerStack::Forward(LayerRange range, std::span<const float> parameters,
                         std::span<const float> inputs, LayerScratch& scratch, StepProfile* profile,
                         Rng* dropout, LayerObserver* observer) const {
  for (std::size_t i = range.first; i < range.last; ++i) {
    const LayerValues at{Own(i, parameters), inputs, scratch.output(i), scratch.own(i),
                         MaySkipZeros(i, scratch)};
    if (IsFused(i, range)) {
      ForwardFused(i, at, scratch);
      EndPhase(profile, StepPhase::kForwardProducts);
      ++i;
    } else {
      layer(i).Forward(at, dropout);
      EndPhase(profile, layer(i).activation() != nullptr ? StepPhase::kForwardActivations
                                                         : StepPhase::kForwardProducts);
    }
    inputs = scratch.output(i);
    if (observer != nullptr) observer->Saw(layer(i), inputs);
  }
}

void LayerStack::Backward(LayerRange range, const SgdOptions& options, const SgdState& state,
                          std::span<const float> inputs, LayerScratch& scratch,
                          StepProfile* profile) const {
  WalkBack(range, state.parameters, inputs, scratch, profile,
           [&](std::size_t i, AddGradientTo add) {
             SgdStep(options, state.Slice(places_[i].offset, places_[i].count), add);
           });
}

void LayerStack::AddGradient(LayerRange range, std::span<const float> parameters,
                             std::span<const float> inputs, LayerScratch& scratch,
                             std::span<float> gradient) const {
  WalkBack(range, parameters, inputs, scratch, nullptr,
           [&](std::size_t i, AddGradientTo add) { add(1.0f, Own(i, gradient)); });
}

void LayerStack::WalkBack(LayerRange range, std::span<const float> parameters,
                          std::span<const float> inputs, LayerScratch& scratch,
                          StepProfile* profile, UseGradient use) const {
  for (std::size_t i = range.last; i-- > std::max(range.first, first_trained_);) {
    const std::span<const float> dy = scratch.gradient(i);
    const LayerValues at{Own(i, parameters), i == range.first ? inputs : scratch.output(i - 1),
                         scratch.output(i), scratch.own(i), MaySkipZeros(i, scratch)};
    if (i > first_trained_) {
      layer(i).BackwardInput(at, dy, scratch.gradient(i - 1));
      EndPhase(profile, layer(i).activation() != nullptr ? StepPhase::kBackwardActivations
                                                         : StepPhase::kBackwardProducts);
    }
    if (is_trained(i)) {
      use(i, [&](float scale, std::span<float> target) {
        layer(i).AddGradient(at, scale, dy, target);
      });
      EndPhase(profile, StepPhase::kWeightUpdate);
    }
  }
}

}  // namespace fedround::nn
