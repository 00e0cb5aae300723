// A dense layer: y = x w^T + b. Its parameters are the weight [out, in], then the bias [out].
#pragma once

#include "common/kernels/dense.h"
#include "common/nn/layers/layer.h"

namespace fedround::nn {

class Dense final : public Layer {
 public:
  Dense(std::string name, std::size_t in, std::size_t out)
      : Layer(std::move(name), {1, 1, in}, {1, 1, out}) {}

  std::vector<TensorSpec> tensors() const override;
  std::optional<Fan> fan() const override { return Fan{in().channels, out().channels}; }
  std::uint64_t flops() const override { return 2 * weights(); }
  bool needs_input() const override { return true; }
  bool is_divisible() const override { return true; }

  void Forward(const LayerValues& at, Rng* dropout) const override;
  void BackwardInput(const LayerValues& at, std::span<const float> dy,
                     std::span<float> dx) const override;
  void AddGradient(const LayerValues& at, float scale, std::span<const float> dy,
                   std::span<float> target) const override;

 private:
  std::size_t weights() const { return in().channels * out().channels; }
  kernels::DenseShape Shape(const LayerValues& at) const;
};

}  // namespace fedround::nn
