// An activation function as a layer of its own, after the layer that it activates.
#pragma once

#include <memory>

#include "common/nn/layers/layer.h"

namespace fedround::nn {

class ActivationLayer final : public Layer {
 public:
  ActivationLayer(std::string name, const FeatureShape& shape,
                  std::unique_ptr<Activation> activation)
      : Layer(std::move(name), shape, shape), activation_(std::move(activation)) {}

  const Activation* activation() const override { return activation_.get(); }
  bool is_elementwise() const override { return true; }
  bool needs_input() const override { return activation_->keeps() == Activation::Keeps::kInput; }
  bool needs_output() const override { return activation_->keeps() == Activation::Keeps::kOutput; }

  void Forward(const LayerValues& at, Rng* dropout) const override;
  void BackwardInput(const LayerValues& at, std::span<const float> dy,
                     std::span<float> dx) const override;

 private:
  std::unique_ptr<Activation> activation_;
};

}  // namespace fedround::nn
