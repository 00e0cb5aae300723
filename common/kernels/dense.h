// The three products of a dense layer, z = x w^T + b, over raw row-major spans.
//
// With B examples, every buffer has the shape its name says in all three functions:
//   x, dx  [B, in]    input, and the loss's gradient with respect to it
//   w      [out, in]  weights, PyTorch's layout
//   b      [out]      bias
//   z, dz  [B, out]   output before the activation, and the loss's gradient with respect to it
//
// Results depend only on the shape and on the SIMD level in use (common/base/cpu/simd.h): not on
// the machine's caches, the alignment of buffers or the other examples of the batch. Nothing is
// allocated. Thread-safe; each call runs on the caller's thread alone. Outputs must not overlap
// inputs. `dense_reference.h` says the same in plain loops; `simd/` has the loops that run.
#pragma once

#include <span>

#include "common/kernels/shapes.h"

namespace fedround::kernels {

// Whether to look for vectors of inputs that are +0 in the whole batch and leave them out where
// that pays, and in a batch of one also outputs whose gradient is 0. While inputs and weights are
// finite the results are equal (==): without its zeros, a sum has the same additions in the same
// order.
enum class ZeroInputs { kMultiply, kSkip };

// z = x w^T + b
void DenseForward(const DenseShape& shape, std::span<const float> x, std::span<const float> w,
                  std::span<const float> b, std::span<float> z,
                  ZeroInputs zeros = ZeroInputs::kMultiply);

// dx = dz w
void DenseBackwardInput(const DenseShape& shape, std::span<const float> dz,
                        std::span<const float> w, std::span<float> dx);

// w += scale dz^T x,  b += scale sum_B dz
// With scale = -learning_rate and the weights themselves as target, this is the whole SGD step: a
// gradient array, as large as the weights, would push them out of the cache.
void DenseAddGradient(const DenseShape& shape, float scale, std::span<const float> x,
                      std::span<const float> dz, std::span<float> w, std::span<float> b,
                      ZeroInputs zeros = ZeroInputs::kMultiply);

}  // namespace fedround::kernels
