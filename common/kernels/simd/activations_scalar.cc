// The scalar kernels of `activations.h`: what a first implementation does.
#include "common/kernels/simd/scalar_activations.h"

namespace fedround::kernels::FEDROUND_SIMD {

const ActivationLoops kScalarActivations[kActivations] = {
#define FEDROUND_ACTIVATION(name) ScalarLoops<name, ScalarMath, ActivationKernel::kScalar>(),
#include "common/kernels/activations/table.inc"
#undef FEDROUND_ACTIVATION
};

}  // namespace fedround::kernels::FEDROUND_SIMD
