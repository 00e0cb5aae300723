// The products of a dense layer, as in common/kernels/dense.h, for any library that can compute
// them. Biases and scale are part of the work, and weights are laid out like ours: if one product
// were given to one library and the next to another, there would be no time to transpose them.
#pragma once

#include <span>

#include "common/kernels/shapes.h"

namespace fedround::bench {

enum class Product { kForward, kInputGradient, kWeightGradient };
inline constexpr Product kProducts[] = {Product::kForward, Product::kInputGradient,
                                        Product::kWeightGradient};

// Buffers as in common/kernels/dense.h. The forward product writes z, the gradients write dx, or w
// and b.
struct DenseOperands {
  kernels::DenseShape shape;
  float scale = 0;            // of the update
  std::span<const float> x;   // [B, in]
  std::span<const float> dz;  // [B, out]
  std::span<float> w;         // [out, in]
  std::span<float> b;         // [out]
  std::span<float> z;         // [B, out]
  std::span<float> dx;        // [B, in]
};

// eigen_dense.cc is compiled for the machine that builds it: see activations.h.
extern const int kEigenDenseVectorBytes;
extern const char* const kEigenDenseName;  // "Eigen 3.4.0"
void EigenDense(Product product, const DenseOperands& operands);
// z += b in every row; b += scale sum_B dz. For libraries that have products only.
void EigenAddBias(const DenseOperands& operands);
void EigenAddBiasGradient(const DenseOperands& operands);

}  // namespace fedround::bench
