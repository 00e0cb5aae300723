#pragma once

#include "common/kernels/activations/formula.h"

namespace fedround::kernels {

// One bit per element would do for the backward pass, but the next layer keeps the output anyway,
// for the gradient of its weights: a mask would cost one more store and save nothing.
template <typename M>
class Relu : public Formula<M> {
 public:
  using typename Formula<M>::T;
  using Formula<M>::Formula;

  static constexpr ActivationFacts kFacts = {
      .name = "relu",
      .formula = "max(z, 0)",
      .source =
          "Nair and Hinton 2010, Rectified linear units improve restricted Boltzmann machines",
      .form = ActivationForm::kPiecewise};

  // sqrt 2: E[f(z)^2] = 1/2 (He et al. 2015).
  double Gain() const { return 1.4142135623730951; }
  std::span<const double> Kinks() const { return kKinks; }

  T Value(T z) const { return M::AtLeast(z, 0); }
  // Not a product: an infinite gradient must not become NaN where the unit is off.
  T Gradient(T y, T g) const {
    return M::Select(
        y <= M::Of(0), [] { return M::Of(0); }, [=] { return g; });
  }

 private:
  static constexpr double kKinks[] = {0.0};
};

}  // namespace fedround::kernels
