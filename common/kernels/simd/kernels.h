// What the files of this folder offer: for each SIMD level, one table of functions per subject.
// Callers go through the headers of `common/kernels`, which check sizes and use the table of the
// level in use (level.h).
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/kernels/activations/formula.h"
#include "common/kernels/shapes.h"

namespace fedround::kernels {

// Arguments as in dense.h.
struct DenseKernels {
  void (*forward)(const DenseShape& shape, bool skip_zeros, const float* x, const float* w,
                  const float* b, float* z);
  void (*backward_input)(const DenseShape& shape, const float* dz, const float* w, float* dx);
  void (*add_gradient)(const DenseShape& shape, bool skip_zeros, float scale, const float* x,
                       const float* dz, float* w, float* b);
};

// Arguments as in conv.h.
struct ConvKernels {
  std::size_t (*scratch_floats)(const ConvShape& shape);
  void (*forward)(const ConvShape& shape, const float* x, const float* w, const float* b, float* z,
                  float* scratch);
  void (*backward_input)(const ConvShape& shape, const float* dz, const float* w, float* dx,
                         float* scratch);
  void (*add_gradient)(const ConvShape& shape, float scale, const float* x, const float* dz,
                       float* w, float* b, float* scratch);
};

// Arguments as in max_pool.h.
struct MaxPoolKernels {
  void (*forward)(const PoolShape& shape, const float* x, float* y);
  void (*backward)(const PoolShape& shape, const float* x, const float* y, const float* dy,
                   float* dx);
};

// Arguments as in quantise.h.
struct QuantiseKernels {
  bool (*all_within)(const float* values, std::size_t size, float limit);
  void (*add_quantised)(const WeightedSpan* updates, std::size_t count, double scale,
                        std::int64_t* sum, std::size_t size);
  void (*divide_sums)(const std::int64_t* sum, double divisor, float* mean, std::size_t size);
};

// Arguments as in convert.h.
struct ConvertKernels {
  void (*bytes_to_unit)(const std::uint8_t* bytes, std::size_t size, float scale, float* out);
  void (*scale)(const float* in, std::size_t size, float scale, float* out);
};

// Arguments as in sgd.h. `anchor` is null where there is none.
struct SgdKernels {
  void (*decay_weights)(float decay, float pull, const float* anchor, float* w, std::size_t size);
  void (*decay_velocity)(float momentum, float decay, float pull, const float* w,
                         const float* anchor, float* v, std::size_t size);
  void (*add_drift)(float scale, const float* drift, float* target, std::size_t size);
  void (*apply_velocity)(float rate, const float* v, float* w, std::size_t size);
};

// One activation, arguments as in activations.h; null if there is no such kernel.
struct ActivationLoops {
  void (*forward)(double option, const float* z, float* a, std::size_t size) = nullptr;
  void (*backward)(double option, const float* kept, float* gradient, std::size_t size) = nullptr;
};

#define FEDROUND_KERNEL_TABLES                                     \
  extern const ActivationLoops kFastActivations[kActivations];     \
  extern const ActivationLoops kCompilerActivations[kActivations]; \
  extern const ActivationLoops kScalarActivations[kActivations];   \
  extern const ActivationLoops kBranchyActivations[kActivations];  \
  extern const DenseKernels kDense;                                \
  extern const ConvKernels kConv;                                  \
  extern const MaxPoolKernels kMaxPool;                            \
  extern const ConvertKernels kConvert;                            \
  extern const QuantiseKernels kQuantise;                          \
  extern const SgdKernels kSgd;

namespace sse2 {
FEDROUND_KERNEL_TABLES
}
namespace avx2 {
FEDROUND_KERNEL_TABLES
}
namespace avx512 {
FEDROUND_KERNEL_TABLES
}

#undef FEDROUND_KERNEL_TABLES

}  // namespace fedround::kernels
