#pragma once

#include <cmath>

#include "common/kernels/activations/formula.h"

namespace fedround::kernels {

template <typename M>
class LeakyRelu : public Formula<M> {
 public:
  using typename Formula<M>::T;
  using Formula<M>::Formula;

  // With a slope below 0 the output would no longer show the sign of z, which Gradient needs.
  static constexpr ActivationFacts kFacts = {
      .name = "leaky_relu",
      .formula = "z for z > 0, slope z below",
      .source = "Maas et al. 2013, Rectifier nonlinearities improve neural network acoustic models",
      .form = ActivationForm::kPiecewise,
      .option = {"slope", "slope below 0", 0.01, 0, 1}};

  // sqrt(2 / (1 + slope^2)) (He et al. 2015).
  double Gain() const {
    const double slope = this->option();
    return std::sqrt(2.0 / (1.0 + slope * slope));
  }
  std::span<const double> Kinks() const { return kKinks; }

  T Value(T z) const {
    return M::Select(
        z < M::Of(0), [&] { return this->option() * z; }, [=] { return z; });
  }
  T Gradient(T y, T g) const {
    return M::Select(
        y <= M::Of(0), [&] { return this->option() * g; }, [=] { return g; });
  }

 private:
  static constexpr double kKinks[] = {0.0};
};

}  // namespace fedround::kernels
