#include "common/nn/training/sgd.h"

#include "common/kernels/sgd.h"

namespace fedround::nn {

void SgdStep(const SgdOptions& options, const SgdState& state, AddGradientTo add_gradient) {
  const float rate = options.learning_rate;
  const auto anchor = options.proximal_mu != 0.0f ? state.anchor : std::span<const float>();
  if (options.momentum == 0.0f) {
    if (options.weight_decay != 0.0f || options.proximal_mu != 0.0f) {
      kernels::DecayWeights(rate * options.weight_decay, rate * options.proximal_mu, anchor,
                            state.parameters);
    }
    if (!state.drift.empty()) kernels::AddDrift(-rate, state.drift, state.parameters);
    add_gradient(-rate, state.parameters);
    return;
  }
  kernels::DecayVelocity(options.momentum, options.weight_decay, options.proximal_mu,
                         state.parameters, anchor, state.velocity);
  if (!state.drift.empty()) kernels::AddDrift(1.0f, state.drift, state.velocity);
  add_gradient(1.0f, state.velocity);
  kernels::ApplyVelocity(rate, state.velocity, state.parameters);
}

}  // namespace fedround::nn
