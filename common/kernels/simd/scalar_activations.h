// Kernels of `activations.h` that are written element by element, for the arithmetics other than
// VectorMath. The compiler flags of the including file decide what becomes of the loops.
#pragma once

#include <cstddef>

#include "common/kernels/activations/all.h"
#include "common/kernels/activations/libm.h"
#include "common/kernels/simd/kernels.h"

namespace fedround::kernels::FEDROUND_SIMD {
namespace {

// Whether two buffers may overlap decides whether a compiler makes vectors of a loop, so the two
// legal cases are told apart: one buffer, or two that do not overlap.
template <template <typename> typename F, typename M>
[[gnu::flatten]] void ScalarForward(double option, const float* z, float* a, std::size_t size) {
  const F<M> f(option);
  if (z == a) {
    for (std::size_t i = 0; i < size; ++i) a[i] = f.Value(a[i]);
    return;
  }
  const float* __restrict from = z;
  float* __restrict to = a;
  for (std::size_t i = 0; i < size; ++i) to[i] = f.Value(from[i]);
}

template <template <typename> typename F, typename M>
[[gnu::flatten]] void ScalarBackward(double option, const float* __restrict kept,
                                     float* __restrict gradient, std::size_t size) {
  const F<M> f(option);
  for (std::size_t i = 0; i < size; ++i) gradient[i] = f.Gradient(kept[i], gradient[i]);
}

// Null if the formula has no such kernel.
template <template <typename> typename F, typename M, ActivationKernel kKernel>
constexpr ActivationLoops ScalarLoops() {
  if constexpr (HasKernel(F<M>::kFacts.form, kKernel)) {
    return {&ScalarForward<F, M>, &ScalarBackward<F, M>};
  } else {
    return {};
  }
}

// Each file has one of its own: the linker must not see what is instantiated with it.
struct ScalarMath : Libm<float> {};

}  // namespace
}  // namespace fedround::kernels::FEDROUND_SIMD
