// Whoever wants to see what passes through a network: it is called on the way forward, as the
// layers are done.
#pragma once

#include <span>

#include "common/nn/layers/layer.h"

namespace fedround::nn {

class LayerObserver {
 public:
  virtual ~LayerObserver() = default;
  // `output` [B, out of `layer`] of one batch; it is overwritten soon after. Called for every layer
  // in order, the last one included; but not for one whose activation is fused to it.
  virtual void Saw(const Layer& layer, std::span<const float> output) = 0;
};

}  // namespace fedround::nn
