// Who turns the formula of an activation into instructions: the values of model.activation_kernel.
// Files of simd/ include this one: nothing here may call the standard library at run time.
#pragma once

#include <array>

namespace fedround::kernels {

enum class ActivationKernel {
  kFast,      // vectors and polynomials of our own
  kCompiler,  // a plain loop of std:: functions at -O3 -ffast-math, with the vector maths library
  kScalar,    // the same at -O3: one call of the maths library per element
  kBranchy,   // as scalar, with one branch per element
};
inline constexpr ActivationKernel kActivationKernels[] = {
    ActivationKernel::kFast, ActivationKernel::kCompiler, ActivationKernel::kScalar,
    ActivationKernel::kBranchy};

constexpr std::array<const char*, 4> NamesOf(ActivationKernel) {
  return {"fast", "compiler", "scalar", "branchy"};
}

}  // namespace fedround::kernels
