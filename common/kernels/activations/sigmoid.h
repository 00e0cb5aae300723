#pragma once

#include "common/kernels/activations/formula.h"

namespace fedround::kernels {

template <typename M>
class Sigmoid : public Formula<M> {
 public:
  using typename Formula<M>::T;
  using Formula<M>::Formula;

  static constexpr ActivationFacts kFacts = {.name = "sigmoid",
                                             .formula = "1 / (1 + e^-z)",
                                             .source = "Rumelhart et al. 1986, Nature 323",
                                             .form = ActivationForm::kSmooth,
                                             .has_customary_gain = true};

  // PyTorch's; 1 / sqrt(E[f(z)^2]) would be 1.846.
  double Gain() const { return 1.0; }

  T Value(T z) const { return M::Sigmoid(M::Bound(z, 80)); }
  T Gradient(T y, T g) const { return g * (y * (1.0f - y)); }
};

}  // namespace fedround::kernels
