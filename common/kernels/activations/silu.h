#pragma once

#include "common/kernels/activations/formula.h"

namespace fedround::kernels {

// Keeps z: the dip below 0 gives some outputs two inputs.
template <typename M>
class Silu : public Formula<M> {
 public:
  using typename Formula<M>::T;
  using Formula<M>::Formula;

  static constexpr ActivationFacts kFacts = {.name = "silu",
                                             .formula = "z / (1 + e^-z)",
                                             .source = "Elfwing et al. 2018, arXiv:1702.03118",
                                             .form = ActivationForm::kSmooth,
                                             .keeps_input = true};

  // 1 / sqrt(E[f(z)^2]), integrated.
  double Gain() const { return 1.6765324703310909; }

  T Value(T z) const {
    const T x = M::BoundBelow(z, -kBound);
    return x * M::Sigmoid(M::BoundAbove(x, kBound));
  }
  T Gradient(T z, T g) const {
    const T x = M::Bound(z, kBound);
    const T s = M::Sigmoid(x);
    return g * (s + x * (s * (1.0f - s)));
  }

 private:
  static constexpr double kBound = 80;  // 80 / (1 + e^80) is 0
};

}  // namespace fedround::kernels
