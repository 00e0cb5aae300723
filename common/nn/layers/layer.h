// What a layer is to the network: two passes over a batch, the gradient of its parameters, and what
// is needed to plan the memory.
//
// A layer holds no weights and does not know its place: it is handed its own slice of the flat
// parameter vector. Images between layers are channels last ([B, height, width, channels]); tensors
// have PyTorch's shapes and order. Stateless after construction, so thread-safe; what the forward
// pass must remember for the backward pass goes into the scratch memory that the layer asks for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/base/rng.h"
#include "common/nn/activation.h"
#include "common/round/feature_shape.h"
#include "common/round/types.h"

namespace fedround::nn {

// A layer's memory in a pass over B examples.
struct LayerValues {
  std::span<const float> parameters;  // the layer's own, [parameter_count]
  std::span<const float> x;           // [B, in]
  std::span<float> y;                 // [B, out]; may be the memory of x, see is_elementwise
  std::span<float> scratch;           // ScratchFloats(B) or more; kept until the backward pass
  bool may_skip_zeros = false;        // whether looking for zeros may pay (ZeroInputs)
};

// For a weight tensor: how many inputs an output sums over, and how many outputs an input reaches.
struct Fan {
  std::size_t in = 0;
  std::size_t out = 0;
};

class Layer {
 public:
  Layer(std::string name, const FeatureShape& in, const FeatureShape& out)
      : name_(std::move(name)), in_(in), out_(out) {}
  virtual ~Layer() = default;

  const std::string& name() const { return name_; }
  const FeatureShape& in() const { return in_; }
  const FeatureShape& out() const { return out_; }

  // In the order of the layer's parameters.
  virtual std::vector<TensorSpec> tensors() const { return {}; }
  // For a layer whose two tensors, weight and bias, are filled by an initialiser.
  virtual std::optional<Fan> fan() const { return std::nullopt; }
  // Fills the parameters of a layer that has parameters but no fan.
  virtual void SetInitial(std::span<float> /*parameters*/) const {}

  // Multiplications and additions in Forward's products, per example. The gradient of the weights
  // takes as many, and so does that of the inputs.
  virtual std::uint64_t flops() const { return 0; }
  // The function of an activation layer; its time is booked as such.
  virtual const Activation* activation() const { return nullptr; }

  // Whether output k depends on input k alone. Then y may take the place of x, and dx always takes
  // that of dy.
  virtual bool is_elementwise() const { return false; }
  // Whether the backward pass reads x, or y: what it reads is not overwritten.
  virtual bool needs_input() const { return false; }
  virtual bool needs_output() const { return false; }
  virtual std::size_t ScratchFloats(std::size_t /*batch*/) const { return 0; }
  // Whether the layer may be run on parts of a batch at no extra cost and with the same result.
  virtual bool is_divisible() const { return false; }

  // y from x. A training step draws its masks from `dropout`, which is null in an evaluation.
  virtual void Forward(const LayerValues& at, Rng* dropout) const = 0;
  // dx [B, in] from dy [B, out]: gradients of the loss. Called before the step changes the
  // parameters.
  virtual void BackwardInput(const LayerValues& at, std::span<const float> dy,
                             std::span<float> dx) const = 0;
  // target [parameter_count] += scale * the gradient of the loss with respect to the parameters.
  // Must not read the parameters: `target` may be their memory, and the step may have begun to
  // change them.
  virtual void AddGradient(const LayerValues& /*at*/, float /*scale*/,
                           std::span<const float> /*dy*/, std::span<float> /*target*/) const {}

 private:
  std::string name_;
  FeatureShape in_;
  FeatureShape out_;
};

}  // namespace fedround::nn
