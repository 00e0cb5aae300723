// The layers of a network, and the forward and backward pass over them. An internal part of
// Network.
//
// Layers have names ("hidden1", "activation1", ..., "output"), and both passes take a range of
// layers, so that a part of a network can be run, trained or left alone. The backward pass computes
// nothing that no trained layer needs.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "common/base/aligned_buffer.h"
#include "common/nn/layer_observer.h"
#include "common/nn/layers/layer.h"
#include "common/nn/training/sgd.h"
#include "common/nn/training/step_profile.h"

namespace fedround::nn {

// Layers first, first + 1, ..., last - 1.
struct LayerRange {
  std::size_t first = 0;
  std::size_t last = 0;
};

class LayerStack;

// What the forward pass over one batch leaves for the backward pass. Move-only.
class LayerScratch {
 public:
  LayerScratch(const LayerStack& stack, std::size_t max_batch);

  std::size_t max_batch() const { return max_batch_; }
  // The examples of the current batch, <= max_batch(). The spans below are for that many.
  void set_batch(std::size_t batch);
  std::size_t batch() const { return batch_; }

  // Layer i's output, [B, out]. That of an elementwise layer takes the place of its input unless
  // the backward pass needs the input.
  std::span<float> output(std::size_t i) { return Rows(blocks_[i].output, i); }
  // The loss's gradient with respect to layer i's output, [B, out]. The last layer's takes the
  // place of the output itself; the others alternate between two blocks. Layers that the backward
  // pass does not reach have none.
  std::span<float> gradient(std::size_t i) { return Rows(blocks_[i].gradient, i); }
  // The scratch memory that layer i itself asked for.
  std::span<float> own(std::size_t i) { return {blocks_[i].own, blocks_[i].own_size}; }

 private:
  struct Blocks {
    std::size_t width = 0;  // of the output
    std::size_t own_size = 0;
    float* output = nullptr;
    float* gradient = nullptr;
    float* own = nullptr;
  };
  std::span<float> Rows(float* start, std::size_t i) { return {start, batch_ * blocks_[i].width}; }

  std::size_t max_batch_;
  std::size_t batch_ = 0;
  FloatBuffer memory_;
  std::vector<Blocks> blocks_;
};

struct StackOptions {
  std::vector<bool> frozen;  // which layers are never trained; empty: none
  bool skip_zeros = false;   // look for zeros among the network's inputs
  // Dense layers run a few examples at a time, each followed by its activation while they are still
  // in the first cache: the activation then has no phase of its own.
  bool fuse_activations = false;
};

class LayerStack {
 public:
  // At least one layer; each takes the output of the one before it. The backward pass overwrites
  // the last layer's output, so that layer must not need it.
  explicit LayerStack(std::vector<std::unique_ptr<Layer>> layers, StackOptions options = {});

  std::size_t size() const { return places_.size(); }
  const Layer& layer(std::size_t i) const { return *places_[i].layer; }
  LayerRange all() const { return {0, size()}; }
  std::optional<std::size_t> Find(absl::string_view name) const;

  std::size_t parameter_count() const { return places_.back().offset + places_.back().count; }
  // Layer i's slice of parameters [P].
  template <typename T>
  std::span<T> Own(std::size_t i, std::span<T> parameters) const {
    return parameters.subspan(places_[i].offset, places_[i].count);
  }

  // Whether layer i has parameters that training steps change.
  bool is_trained(std::size_t i) const { return places_[i].is_trained; }
  // The first layer that is trained: the backward pass ends there.
  std::size_t first_trained() const { return first_trained_; }

  // Both passes book their phases on `profile` unless it is null.

  // From `inputs` [B, in of range.first] to scratch.output(i) for every i of the range.
  // `dropout` as at Layer::Forward. `observer`, unless null, sees each output.
  void Forward(LayerRange range, std::span<const float> parameters, std::span<const float> inputs,
               LayerScratch& scratch, StepProfile* profile = nullptr, Rng* dropout = nullptr,
               LayerObserver* observer = nullptr) const;

  // Takes one step on every trained layer of the range, the last one first. `scratch` must hold
  // what Forward left for the same range, inputs and parameters, and in gradient(range.last - 1)
  // the gradient to start from. Leaves gradient(range.first - 1) if a layer below the range is
  // trained.
  void Backward(LayerRange range, const SgdOptions& options, const SgdState& state,
                std::span<const float> inputs, LayerScratch& scratch,
                StepProfile* profile = nullptr) const;

  // The same pass without changing the parameters: the gradient of the loss with respect to them is
  // added to `gradient` [P], except where a layer is frozen.
  void AddGradient(LayerRange range, std::span<const float> parameters,
                   std::span<const float> inputs, LayerScratch& scratch,
                   std::span<float> gradient) const;

 private:
  // Does something with the gradient of trained layer i, which `add` can add to any target.
  using UseGradient = absl::FunctionRef<void(std::size_t i, AddGradientTo add)>;
  void WalkBack(LayerRange range, std::span<const float> parameters, std::span<const float> inputs,
                LayerScratch& scratch, StepProfile* profile, UseGradient use) const;

  struct Place {
    std::unique_ptr<Layer> layer;
    std::size_t offset = 0;  // of its parameters
    std::size_t count = 0;
    bool is_trained = false;
  };

  // Whether layer i and the activation after it run as one.
  bool IsFused(std::size_t i, const LayerRange& range) const;
  // Whether layer i may look for zeros.
  bool MaySkipZeros(std::size_t i, LayerScratch& scratch) const;
  void ForwardFused(std::size_t i, const LayerValues& at, LayerScratch& scratch) const;

  std::vector<Place> places_;
  bool skip_zeros_;
  bool fuse_activations_;
  std::size_t first_trained_ = 0;
};

}  // namespace fedround::nn
