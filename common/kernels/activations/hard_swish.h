#pragma once

#include "common/kernels/activations/formula.h"

namespace fedround::kernels {

// Keeps z: the dip below 0 gives some outputs two inputs.
template <typename M>
class HardSwish : public Formula<M> {
 public:
  using typename Formula<M>::T;
  using Formula<M>::Formula;

  static constexpr ActivationFacts kFacts = {.name = "hardswish",
                                             .formula = "z min(max(z + 3, 0), 6) / 6",
                                             .source = "Howard et al. 2019, arXiv:1905.02244",
                                             .form = ActivationForm::kPiecewise,
                                             .keeps_input = true};

  // 1 / sqrt(E[f(z)^2]), integrated.
  double Gain() const { return 1.7366572127667617; }
  std::span<const double> Kinks() const { return kKinks; }

  T Value(T z) const {
    return M::Select(
        z <= M::Of(-3), [] { return M::Of(0); },
        [=] {
          return M::Select(
              z >= M::Of(3), [=] { return z; },
              [=] { return z * (z * M::Of(1.0 / 6.0) + M::Of(0.5)); });
        });
  }
  T Gradient(T z, T g) const {
    return M::Select(
        z <= M::Of(-3), [] { return M::Of(0); },
        [=] {
          return M::Select(
              z >= M::Of(3), [=] { return g; },
              [=] { return g * (z * M::Of(1.0 / 3.0) + M::Of(0.5)); });
        });
  }

 private:
  static constexpr double kKinks[] = {-3.0, 3.0};
};

}  // namespace fedround::kernels
