#pragma once

#include <cmath>
#include <numbers>

#include "common/kernels/activations/formula.h"

namespace fedround::kernels {

// Keeps z: the dip below 0 gives some outputs two inputs.
template <typename M>
class Gelu : public Formula<M> {
 public:
  using typename Formula<M>::T;
  using Formula<M>::Formula;

  static constexpr ActivationFacts kFacts = {
      .name = "gelu",
      .formula = "z P(z), P the normal distribution (exact, by erf)",
      .source = "Hendrycks and Gimpel 2016, arXiv:1606.08415",
      .form = ActivationForm::kSmooth,
      .keeps_input = true};

  // E[z^2 P^2] is, by Stein's lemma (E[z g] = E[g']) used twice, E[P^2] + E[p^2] =
  // 1/3 + 1 / (2 pi sqrt 3).
  double Gain() const {
    return 1.0 / std::sqrt(1.0 / 3.0 + 1.0 / (2.0 * std::numbers::pi * std::numbers::sqrt3));
  }

  T Value(T z) const {
    const T x = M::BoundBelow(z, -kBound);
    return x * M::NormalDistribution(M::BoundAbove(x, kBound));
  }
  T Gradient(T z, T g) const {
    const T x = M::Bound(z, kBound);
    return g * (M::NormalDistribution(x) + x * M::NormalDensity(x));
  }

 private:
  static constexpr double kBound = 5.3;  // 5.3 P(-5.3) is 3e-7, 5.3 p(5.3) 2e-6
};

}  // namespace fedround::kernels
