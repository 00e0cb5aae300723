#pragma once

#include "common/kernels/activations/formula.h"

namespace fedround::kernels {

// Keeps z: the dip below 0 gives some outputs two inputs.
template <typename M>
class GeluTanh : public Formula<M> {
 public:
  using typename Formula<M>::T;
  using Formula<M>::Formula;

  static constexpr ActivationFacts kFacts = {
      .name = "gelu_tanh",
      .formula = "z (1 + tanh u) / 2, u = sqrt(2 / pi) (z + 0.044715 z^3)",
      .source = "Hendrycks and Gimpel 2016, arXiv:1606.08415",
      .form = ActivationForm::kSmooth,
      .keeps_input = true};

  // 1 / sqrt(E[f(z)^2]), integrated.
  double Gain() const { return 1.5335805216661469; }

  T Value(T z) const {
    const T x = M::BoundBelow(z, -kBound);
    return x * M::TanhStep(U(M::BoundAbove(x, kBound)));
  }
  T Gradient(T z, T g) const {
    const T x = M::Bound(z, kBound);
    const T s = M::TanhStep(U(x));
    const T slope = M::Of(kScale) + M::Of(3 * kScale * kCubic) * (x * x);
    return g * (s + 2.0f * x * (s * (1.0f - s)) * slope);
  }

 private:
  static T U(T x) { return x * (M::Of(kScale) + M::Of(kScale * kCubic) * (x * x)); }

  static constexpr double kScale = 0.79788456080286536;  // sqrt(2 / pi)
  static constexpr double kCubic = 0.044715;
  static constexpr double kBound = 8;  // e^-2u(8) is 1e-22
};

}  // namespace fedround::kernels
