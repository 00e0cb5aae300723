#pragma once

#include "common/kernels/activations/formula.h"

namespace fedround::kernels {

template <typename M>
class Relu6 : public Formula<M> {
 public:
  using typename Formula<M>::T;
  using Formula<M>::Formula;

  static constexpr ActivationFacts kFacts = {
      .name = "relu6",
      .formula = "min(max(z, 0), 6)",
      .source = "Krizhevsky 2010, Convolutional deep belief networks on CIFAR-10",
      .form = ActivationForm::kPiecewise};

  // E[f^2] = P(6) - 1/2 - 6 p(6) + 36 P(-6) with P and p the normal distribution and its density.
  double Gain() const { return 1.4142135650936507; }
  std::span<const double> Kinks() const { return kKinks; }

  T Value(T z) const { return M::AtMost(M::AtLeast(z, 0), 6); }
  T Gradient(T y, T g) const {
    return M::Select(
        M::Either(y <= M::Of(0), y >= M::Of(6)), [] { return M::Of(0); }, [=] { return g; });
  }

 private:
  static constexpr double kKinks[] = {0.0, 6.0};
};

}  // namespace fedround::kernels
