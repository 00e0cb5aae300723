// A deep linear network: the control that says what an activation adds.
#pragma once

#include "common/kernels/activations/formula.h"

namespace fedround::kernels {

template <typename M>
class Identity : public Formula<M> {
 public:
  using typename Formula<M>::T;
  using Formula<M>::Formula;

  static constexpr ActivationFacts kFacts = {.name = "identity",
                                             .formula = "z, no activation",
                                             .source = "",
                                             .form = ActivationForm::kLinear};

  double Gain() const { return 1.0; }

  T Value(T z) const { return z; }
  T Gradient(T /*y*/, T g) const { return g; }
};

}  // namespace fedround::kernels
