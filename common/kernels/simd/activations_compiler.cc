// The compiler's kernels of `activations.h`: the loops of activations_scalar.cc with -ffast-math.
#include "common/kernels/simd/scalar_activations.h"

namespace fedround::kernels::FEDROUND_SIMD {

const ActivationLoops kCompilerActivations[kActivations] = {
#define FEDROUND_ACTIVATION(name) ScalarLoops<name, ScalarMath, ActivationKernel::kCompiler>(),
#include "common/kernels/activations/table.inc"
#undef FEDROUND_ACTIVATION
};

}  // namespace fedround::kernels::FEDROUND_SIMD
