#include "common/nn/layers/activation_layer.h"

#include "common/base/check.h"

namespace fedround::nn {

void ActivationLayer::Forward(const LayerValues& at, Rng* /*dropout*/) const {
  activation_->Forward(at.x, at.y);
}

void ActivationLayer::BackwardInput(const LayerValues& at, std::span<const float> dy,
                                    std::span<float> dx) const {
  CHECK(dx.data() == dy.data());
  activation_->Backward(needs_input() ? at.x : at.y, dx);
}

}  // namespace fedround::nn
