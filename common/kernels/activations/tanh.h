#pragma once

#include "common/kernels/activations/formula.h"

namespace fedround::kernels {

template <typename M>
class Tanh : public Formula<M> {
 public:
  using typename Formula<M>::T;
  using Formula<M>::Formula;

  static constexpr ActivationFacts kFacts = {.name = "tanh",
                                             .formula = "hyperbolic tangent",
                                             .source = "LeCun et al. 1998, Efficient BackProp",
                                             .form = ActivationForm::kSmooth,
                                             .has_customary_gain = true};

  // PyTorch's; 1 / sqrt(E[f(z)^2]) would be 1.593.
  double Gain() const { return 5.0 / 3.0; }

  T Value(T z) const { return M::Tanh(z); }
  T Gradient(T y, T g) const { return g * (1.0f - y * y); }
};

}  // namespace fedround::kernels
