#pragma once

#include <cmath>

#include "common/kernels/activations/formula.h"

namespace fedround::kernels {

template <typename M>
class Elu : public Formula<M> {
 public:
  using typename Formula<M>::T;
  using Formula<M>::Formula;

  static constexpr ActivationFacts kFacts = {
      .name = "elu",
      .formula = "z for z > 0, alpha (e^z - 1) below",
      .source = "Clevert et al. 2016, arXiv:1511.07289",
      .form = ActivationForm::kPiecewise,
      .option = {"alpha", "-alpha is the limit far below 0", 1, 0, 100}};

  // E[f^2] = 1/2 + alpha^2 c with c = E[(e^z - 1)^2; z < 0] = e^2 P(-2) - 2 sqrt(e) P(-1) + 1/2 and
  // P the normal distribution.
  double Gain() const {
    constexpr double kBelow = 0.14494541749292386;
    const double alpha = this->option();
    return 1.0 / std::sqrt(0.5 + alpha * alpha * kBelow);
  }
  std::span<const double> Kinks() const {
    static constexpr double kKinks[] = {0.0};
    if (this->option() == 1.0) return {};
    return kKinks;
  }

  T Value(T z) const {
    return M::Select(
        z <= M::Of(0), [&] { return this->option() * M::Expm1(M::BoundBelow(z, -80)); },
        [=] { return z; });
  }
  T Gradient(T y, T g) const {
    return M::Select(
        y <= M::Of(0), [&] { return g * (y + this->option()); }, [=] { return g; });
  }
};

}  // namespace fedround::kernels
