#pragma once

#include "common/kernels/activations/formula.h"

namespace fedround::kernels {

template <typename M>
class HardTanh : public Formula<M> {
 public:
  using typename Formula<M>::T;
  using Formula<M>::Formula;

  static constexpr ActivationFacts kFacts = {
      .name = "hardtanh",
      .formula = "min(max(z, -1), 1)",
      .source = "Collobert 2004, Large scale machine learning",
      .form = ActivationForm::kPiecewise};

  // E[f^2] = P(1) - P(-1) - 2 p(1) + 2 P(-1) with P and p the normal distribution and its density.
  double Gain() const { return 1.3920361404831410; }
  std::span<const double> Kinks() const { return kKinks; }

  T Value(T z) const { return M::AtMost(M::AtLeast(z, -1), 1); }
  T Gradient(T y, T g) const {
    return M::Select(
        M::Either(y <= M::Of(-1), y >= M::Of(1)), [] { return M::Of(0); }, [=] { return g; });
  }

 private:
  static constexpr double kKinks[] = {-1.0, 1.0};
};

}  // namespace fedround::kernels
