// Stochastic gradient descent on one layer's parameters, without a gradient array.
//
// The caller's function that computes the gradient is given a target and a scale, and adds it
// there: to the weights themselves without momentum, to the velocity with it.
#pragma once

#include <span>

#include "absl/functional/function_ref.h"

namespace fedround::nn {

// SGD on a batch's mean loss:
//
//   v = momentum * v + g + weight_decay * w + proximal_mu * (w - anchor) + drift
//   w -= learning_rate * v
//
// With momentum 0 no velocity is kept.
struct SgdOptions {
  float learning_rate = 0;
  float momentum = 0;
  float weight_decay = 0;
  float proximal_mu = 0;  // FedProx (Li et al. 2020, arXiv:1812.06127); needs `anchor`
};

// What a step changes and what it reads, for one layer or all of them: each [P], or empty if the
// options do not need it.
struct SgdState {
  std::span<float> parameters;
  std::span<float> velocity;
  std::span<const float> anchor;
  std::span<const float> drift{};  // empty: none

  SgdState Slice(std::size_t offset, std::size_t count) const {
    return {parameters.subspan(offset, count),
            velocity.empty() ? velocity : velocity.subspan(offset, count),
            anchor.empty() ? anchor : anchor.subspan(offset, count),
            drift.empty() ? drift : drift.subspan(offset, count)};
  }
};

// target [P] += scale * gradient
using AddGradientTo = absl::FunctionRef<void(float scale, std::span<float> target)>;

// Calls `add_gradient` once. The formula stands at SgdOptions.
void SgdStep(const SgdOptions& options, const SgdState& state, AddGradientTo add_gradient);

}  // namespace fedround::nn
