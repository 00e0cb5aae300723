#pragma once

#include "common/kernels/activations/formula.h"

namespace fedround::kernels {

template <typename M>
class Softplus : public Formula<M> {
 public:
  using typename Formula<M>::T;
  using Formula<M>::Formula;

  static constexpr ActivationFacts kFacts = {.name = "softplus",
                                             .formula = "log(1 + e^z)",
                                             .source = "Dugas et al. 2001",
                                             .form = ActivationForm::kSmooth};

  // 1 / sqrt(E[f(z)^2]), integrated.
  double Gain() const { return 1.0418668355353017; }

  T Value(T z) const { return M::Softplus(z); }
  // f'(z) = 1 / (1 + e^-z) = 1 - e^-f(z)
  T Gradient(T y, T g) const { return -g * M::Expm1(M::BoundBelow(-y, -80)); }
};

}  // namespace fedround::kernels
