#include "common/nn/sgd.h"

#include "common/kernels/elementwise.h"

namespace fedround::nn {
namespace {

// w -= rate * (decay * w + pull * (w - anchor))
void DecayWeights(const SgdOptions& options, const SgdState& state) {
  const float decay = options.learning_rate * options.weight_decay;
  const float pull = options.learning_rate * options.proximal_mu;
  if (pull != 0.0f) {
    kernels::Combine(state.anchor, state.parameters, [decay, pull](float anchor, float w) {
      return w - decay * w - pull * (w - anchor);
    });
  } else if (decay != 0.0f) {
    kernels::Map(state.parameters, state.parameters, [decay](float w) { return w - decay * w; });
  }
}

// v = momentum * v + decay * w + pull * (w - anchor)
void DecayVelocity(const SgdOptions& options, const SgdState& state) {
  const float momentum = options.momentum;
  const float decay = options.weight_decay;
  const float pull = options.proximal_mu;
  if (pull != 0.0f) {
    kernels::Combine(state.parameters, state.anchor, state.velocity,
                     [momentum, decay, pull](float w, float anchor, float v) {
                       return momentum * v + decay * w + pull * (w - anchor);
                     });
  } else {
    kernels::Combine(state.parameters, state.velocity,
                     [momentum, decay](float w, float v) { return momentum * v + decay * w; });
  }
}

}  // namespace

void SgdStep(const SgdOptions& options, const SgdState& state, AddGradient add_gradient) {
  const float rate = options.learning_rate;
  if (options.momentum == 0.0f) {
    DecayWeights(options, state);
    add_gradient(-rate, state.parameters);
    return;
  }
  DecayVelocity(options, state);
  add_gradient(1.0f, state.velocity);
  kernels::Combine(state.velocity, state.parameters,
                   [rate](float v, float w) { return w - rate * v; });
}

}  // namespace fedround::nn
