#pragma once

#include "common/kernels/activations/formula.h"

namespace fedround::kernels {

// Keeps z: the dip below 0 gives some outputs two inputs.
template <typename M>
class Mish : public Formula<M> {
 public:
  using typename Formula<M>::T;
  using Formula<M>::Formula;

  static constexpr ActivationFacts kFacts = {.name = "mish",
                                             .formula = "z tanh(log(1 + e^z))",
                                             .source = "Misra 2019, arXiv:1908.08681",
                                             .form = ActivationForm::kSmooth,
                                             .keeps_input = true};

  // 1 / sqrt(E[f(z)^2]), integrated.
  double Gain() const { return 1.4868475812732081; }

  T Value(T z) const {
    const T x = M::BoundBelow(z, -kBound);
    return x * M::TanhSoftplus(x).value;
  }
  T Gradient(T z, T g) const {
    const T x = M::Bound(z, kBound);
    const auto t = M::TanhSoftplus(x);
    return g * (t.value + x * t.slope);
  }

 private:
  static constexpr double kBound = 80;  // 80 e^-80 is 0
};

}  // namespace fedround::kernels
