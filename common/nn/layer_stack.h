// The layers of a network and the two walks over them. What Network is made of; nobody else's
// concern.
//
// Layer i is a dense product and, except for the last one, the activation after it. Layers have
// names
// ("hidden1", ..., "output"), and both walks take a range of layers, so that a part of a network
// can be run, trained or left alone.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/base/aligned_buffer.h"
#include "common/nn/activation.h"
#include "common/nn/layers/dense.h"
#include "common/nn/step_profile.h"

namespace fedround::nn {

// Layers first, first + 1, ..., last - 1.
struct LayerRange {
  std::size_t first = 0;
  std::size_t last = 0;
};

class LayerStack;

// What a pass over one batch leaves behind for the pass back. Move-only.
class LayerScratch {
 public:
  LayerScratch(const LayerStack& stack, std::size_t max_batch);

  std::size_t max_batch() const { return max_batch_; }
  // Examples of the batch at hand, <= max_batch(). Spans below are for as many.
  void set_batch(std::size_t batch);

  // Layer i's output before its activation, [B, out]; the same memory as output(i) if the
  // activation does not need it.
  std::span<float> product(std::size_t i) { return Rows(products_[i], widths_[i]); }
  // Layer i's output, [B, out].
  std::span<float> output(std::size_t i) { return Rows(outputs_[i], widths_[i]); }
  // The loss's gradient with respect to layer i's output, [B, out]. The last layer's takes the
  // place of the output itself; two blocks in turn serve the others.
  std::span<float> gradient(std::size_t i) { return Rows(gradients_[i], widths_[i]); }

 private:
  std::span<float> Rows(float* start, std::size_t width) { return {start, batch_ * width}; }

  std::size_t max_batch_;
  std::size_t batch_ = 0;
  FloatBuffer memory_;
  std::vector<std::size_t> widths_;
  std::vector<float*> products_;
  std::vector<float*> outputs_;
  std::vector<float*> gradients_;
};

class LayerStack {
 public:
  LayerStack(std::vector<Dense> layers, std::unique_ptr<Activation> activation)
      : layers_(std::move(layers)), activation_(std::move(activation)) {}

  const std::vector<Dense>& layers() const { return layers_; }
  const Activation& activation() const { return *activation_; }
  LayerRange all() const { return {0, layers_.size()}; }
  std::optional<std::size_t> Find(absl::string_view name) const;

  // Both walks end their phases on `profile` unless it is null.

  // From `inputs` [B, in of range.first] to scratch.output(i) for every i of the range.
  void Forward(LayerRange range, std::span<const float> parameters, std::span<const float> inputs,
               LayerScratch& scratch, StepProfile* profile = nullptr) const;

  // Takes one step on every layer of the range, the last one first. `scratch` must hold what
  // Forward over the same range, inputs and parameters left, and in gradient(range.last - 1) where
  // to start. Leaves gradient(range.first - 1) behind, unless the range starts at the network's
  // inputs.
  void Backward(LayerRange range, const SgdOptions& options, const SgdState& state,
                std::span<const float> inputs, LayerScratch& scratch,
                StepProfile* profile = nullptr) const;

 private:
  bool IsActivated(std::size_t i) const { return i + 1 < layers_.size(); }

  std::vector<Dense> layers_;
  std::unique_ptr<Activation> activation_;
};

}  // namespace fedround::nn
