// What the file of an activation says: one formula, which every kernel computes in an arithmetic of
// its own, and the facts. To add one, write such a file in this folder and two lines elsewhere: its
// #include in all.h, and `FEDROUND_ACTIVATION(Name)` in table.inc. Examples: relu.h and gelu.h.
//
// A formula is a `template <typename M> class Name : public Formula<M>` with
//
//   static constexpr ActivationFacts kFacts
//   double Gain() const                     1 / sqrt(E[f(z)^2]) for z ~ N(0, 1), to 1e-6 or better,
//                                           unless kFacts.has_customary_gain; M is Libm<double>
//   std::span<const double> Kinks() const   where the derivative jumps, sorted; none unless stated
//   T Value(T z) const                      f(z)
//   T Gradient(T kept, T g) const           g f'(z), from f(z), or from z if kFacts.keeps_input
//
// M says what a T is and how elementary functions of it are computed:
//
//   Libm<double>  what all others are tested against           (libm.h)
//   Libm<float>   one call of the maths library per element    (libm.h)
//   VectorMath    vectors of float, branch-free polynomials    (simd/vector_math.h)
//
// M::Of turns a constant into a T. Piecewise formulas bend by M::Select(condition, then,
// otherwise), AtLeast and AtMost. All pass NaN on: a diverged model must not look healthy. A
// quotient that is inf / inf at infinity must be clamped by AtLeast and AtMost. The functions of M
// are those of libm.h. A gain without a closed form is given as a number (elu.h).
//
// A polynomial holds in a range only, and z P(z) with P(-inf) = 0 is NaN at -inf. So a formula
// bounds its argument wherever that loses nothing: to |z| <= 80 before anything exponential. It
// does so by M::BoundBelow, BoundAbove and Bound, which do nothing in Libm. Files of simd/ include
// this one: nothing here may call the standard library at run time.
#pragma once

#include <cstddef>
#include <span>

#include "common/kernels/activations/activation_kernel.h"

namespace fedround::kernels {

// Numbers the activations, in the order of the table.
enum class ActivationId : std::size_t {
#define FEDROUND_ACTIVATION(name) k##name,
#include "common/kernels/activations/table.inc"
#undef FEDROUND_ACTIVATION
};
#define FEDROUND_ACTIVATION(name) +1
inline constexpr std::size_t kActivations = 0
#include "common/kernels/activations/table.inc"
    ;
#undef FEDROUND_ACTIVATION

enum class ActivationForm {
  kLinear,     // nothing to compute
  kPiecewise,  // by M::Select: there is something to branch on
  kSmooth,
};

constexpr bool HasKernel(ActivationForm form, ActivationKernel kernel) {
  if (form == ActivationForm::kLinear) return kernel == ActivationKernel::kFast;
  return form == ActivationForm::kPiecewise || kernel != ActivationKernel::kBranchy;
}

// An activation has one number to choose, or none.
struct ActivationOption {
  const char* name = nullptr;
  const char* help = nullptr;
  double value = 0;  // the default
  double min = 0;
  double max = 0;
};

struct ActivationFacts {
  const char* name;
  const char* formula;  // for people
  const char* source;
  ActivationForm form;
  bool keeps_input = false;         // what Gradient reads is z, not f(z)
  bool has_customary_gain = false;  // Gain() is what others take, as PyTorch's calculate_gain
  ActivationOption option = {};
};

template <typename M>
class Formula {
 public:
  using T = typename M::T;

  explicit Formula(double option) : option_(M::Of(option)) {}
  std::span<const double> Kinks() const { return {}; }

 protected:
  T option() const { return option_; }

 private:
  T option_;
};

}  // namespace fedround::kernels
