// For those who want to see what passes through a network: called during the forward pass, as each
// layer is done.
#pragma once

#include <span>

#include "common/nn/layers/layer.h"

namespace fedround::nn {

class LayerObserver {
 public:
  virtual ~LayerObserver() = default;
  // `output` [B, out of `layer`] of one batch; it is overwritten soon after. Called for every layer
  // in order, including the last one, except for a layer to which its activation is fused.
  virtual void Saw(const Layer& layer, std::span<const float> output) = 0;
};

}  // namespace fedround::nn
