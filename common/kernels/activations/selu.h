#pragma once

#include "common/kernels/activations/formula.h"

namespace fedround::kernels {

template <typename M>
class Selu : public Formula<M> {
 public:
  using typename Formula<M>::T;
  using Formula<M>::Formula;

  static constexpr ActivationFacts kFacts = {
      .name = "selu",
      .formula = "1.0507 z for z > 0, 1.7581 (e^z - 1) below",
      .source = "Klambauer et al. 2017, arXiv:1706.02515",
      .form = ActivationForm::kPiecewise,
      .has_customary_gain = true};

  // PyTorch's. The paper's own is 1: its constants are chosen so that E[f(z)^2] = 1.
  double Gain() const { return 0.75; }
  std::span<const double> Kinks() const { return kKinks; }

  T Value(T z) const {
    return M::Select(
        z <= M::Of(0), [=] { return M::Of(kScale * kAlpha) * M::Expm1(M::BoundBelow(z, -80)); },
        [=] { return M::Of(kScale) * z; });
  }
  T Gradient(T y, T g) const {
    return M::Select(
        y <= M::Of(0), [=] { return g * (y + M::Of(kScale * kAlpha)); },
        [=] { return M::Of(kScale) * g; });
  }

 private:
  static constexpr double kScale = 1.0507009873554805;
  static constexpr double kAlpha = 1.6732632423543772;
  static constexpr double kKinks[] = {0.0};
};

}  // namespace fedround::kernels
