#pragma once

#include "common/kernels/activations/formula.h"

namespace fedround::kernels {

template <typename M>
class SquaredRelu : public Formula<M> {
 public:
  using typename Formula<M>::T;
  using Formula<M>::Formula;

  static constexpr ActivationFacts kFacts = {.name = "squared_relu",
                                             .formula = "max(z, 0)^2",
                                             .source = "So et al. 2021, arXiv:2109.08668 (Primer)",
                                             .form = ActivationForm::kPiecewise,
                                             .keeps_input = true};

  // E[f(z)^2] is half the fourth moment of a normal variable, 3 / 2.
  double Gain() const { return 0.81649658092772603; }

  T Value(T z) const {
    const T x = M::AtLeast(z, 0);
    return x * x;
  }
  T Gradient(T z, T g) const { return g * (M::Of(2) * M::AtLeast(z, 0)); }
};

}  // namespace fedround::kernels
