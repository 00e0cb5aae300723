// Activations over raw spans: two passes, by the kernel of choice, at the SIMD level in use.
//
// With kFast, errors against the formula in double are <= 2e-6 max(1, |f|) forward and
// <= 4e-6 |g| max(1, |f'|) backward. NaN passes through, as it does with kScalar and kBranchy.
// kCompiler promises nothing for NaN and infinities: -ffast-math assumes that there are none.
// Thread-safe.
#pragma once

#include <span>

#include "common/kernels/activations/formula.h"

namespace fedround::kernels {

// a = f(z), element by element; the spans have one size and are either the same memory or disjoint.
void ActivationForward(ActivationId id, ActivationKernel kernel, double option,
                       std::span<const float> z, std::span<float> a);

// gradient *= f', element by element, computed from `kept`: z or f(z), as the formula's kFacts say.
// The spans have one size and are disjoint.
void ActivationBackward(ActivationId id, ActivationKernel kernel, double option,
                        std::span<const float> kept, std::span<float> gradient);

}  // namespace fedround::kernels
