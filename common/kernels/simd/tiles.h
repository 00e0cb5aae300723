// The two tiles that every product is made of.
//
// Why tiles: a core can do two vector multiply-adds per cycle, but a plain loop over a product
// loads two values for each of them and so runs at the speed of its loads. A tile is a block of
// results that stays in registers while the sum runs over its whole depth. What is loaded once is
// then used for a whole row or column of the block: 6 rows of 4 vectors take 24 multiply-adds per
// step for 4 loads and 6 broadcasts, and the multiply-adds are the limit again.
//
//   DotTile    the sum runs along the rows of both factors (x w^T, with w as PyTorch stores it):
//              vectors lie along the sum, and the lanes of each result are added at the end
//   OuterTile  the results lie along the rows of the second factor: vectors lie along the results,
//              values of the first factor are broadcast, and there are no lanes to add
//
// What bounds a tile is the number of registers: its results, one row of the other factor and one
// broadcast must fit into 32 of them (AVX-512) or 16 (other levels). Bound on the outcome: which
// tiles cover a product never changes the order in which any one result is summed, so the bits
// depend on the shape and on the level alone.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/kernels/simd/vec.h"

namespace fedround::kernels::FEDROUND_SIMD {

// How many rows an OuterTile of so many vectors has: as many as there are registers for, beside one
// row of the other factor and a broadcast. Measured with 32 registers: 6 x 4 is 0 to 4 % faster
// than 5 x 4.
#if defined(__AVX512F__)
constexpr std::size_t kVectors = 4;
constexpr std::size_t kRowsOf[kVectors + 1] = {0, 8, 10, 7, 6};
constexpr std::size_t kDotRows = 5;
#else
constexpr std::size_t kVectors = 2;
constexpr std::size_t kRowsOf[kVectors + 1] = {0, 8, 6};
constexpr std::size_t kDotRows = 2;
#endif
constexpr std::size_t kDotOutputs = 4;  // SumLanes adds four at a time

// Which columns of a row take part: vectors that start at these offsets, then a part of one.
struct Columns {
  const std::uint32_t* offsets;
  std::size_t vectors;
  std::size_t part_offset;
  std::size_t part;  // lanes, < kWidth
};

// z[m][n] += sum_k x[m][k] w[n][k] for kM rows of x and four rows of w, of which only the first
// `outputs` <= 4 are wanted. Sums run along vectors of k; their lanes are added at the end.
template <std::size_t kM>
FEDROUND_INLINE void DotTile(const float* x, std::size_t x_stride,
                             const float* const w[kDotOutputs], const Columns& columns, float* z,
                             std::size_t z_stride, std::size_t outputs) {
  Vec sums[kM][kDotOutputs] = {};
  for (std::size_t i = 0; i < columns.vectors; ++i) {
    const std::size_t k = columns.offsets[i];
    Vec rows[kDotOutputs];
    FEDROUND_UNROLL
    for (std::size_t n = 0; n < kDotOutputs; ++n) rows[n] = Load(w[n] + k);
    FEDROUND_UNROLL
    for (std::size_t m = 0; m < kM; ++m) {
      const Vec values = Load(x + m * x_stride + k);
      FEDROUND_UNROLL
      for (std::size_t n = 0; n < kDotOutputs; ++n)
        sums[m][n] = MulAdd(values, rows[n], sums[m][n]);
    }
  }
  if (columns.part > 0) {
    const std::size_t k = columns.part_offset;
    const Mask lanes = FirstLanes(columns.part);
    Vec rows[kDotOutputs];
    FEDROUND_UNROLL
    for (std::size_t n = 0; n < kDotOutputs; ++n) rows[n] = LoadPart(w[n] + k, lanes);
    FEDROUND_UNROLL
    for (std::size_t m = 0; m < kM; ++m) {
      const Vec values = LoadPart(x + m * x_stride + k, lanes);
      FEDROUND_UNROLL
      for (std::size_t n = 0; n < kDotOutputs; ++n)
        sums[m][n] = MulAdd(values, rows[n], sums[m][n]);
    }
  }
  FEDROUND_UNROLL
  for (std::size_t m = 0; m < kM; ++m) {
    const __m128 total = SumLanes(sums[m][0], sums[m][1], sums[m][2], sums[m][3]);
    float* const to = z + m * z_stride;
    if (outputs == kDotOutputs) {
      _mm_storeu_ps(to, _mm_add_ps(_mm_loadu_ps(to), total));
    } else {
      for (std::size_t n = 0; n < outputs; ++n) to[n] += total[n];
    }
  }
}

// Where a sum finds its first factor and how far it runs: over `segments` runs of `length` steps,
// each reading a[m * row + run * segment + l * step]. (A dense layer has one run; a convolution's
// weight gradient has one per row of the image.)
struct Broadcasts {
  const float* start;
  std::size_t row;
  std::size_t step;
  std::size_t length;
  std::size_t segments = 1;
  std::size_t segment = 0;
};

enum class Result { kStore, kAddScaled };

// c[m][k] = sum a[m] b[.][k], or c[m][k] += scale times that sum, for kM rows and the kV vectors of
// columns that start at `offsets`; b has one row per step of the sum. With kPart the last vector
// has only `lanes`.
template <std::size_t kM, std::size_t kV, bool kPart, Result kResult>
FEDROUND_INLINE void OuterTile(const Broadcasts& a, const float* b, std::size_t b_stride,
                               float scale, const std::uint32_t* offsets, Mask lanes, float* c,
                               std::size_t c_stride) {
  const auto load = [lanes](const float* from, std::size_t v) __attribute__((always_inline)) {
    return kPart && v == kV - 1 ? LoadPart(from, lanes) : Load(from);
  };
  std::size_t k[kV];
  FEDROUND_UNROLL
  for (std::size_t v = 0; v < kV; ++v) k[v] = offsets[v];
  Vec sums[kM][kV] = {};
  for (std::size_t run = 0; run < a.segments; ++run) {
    const float* values = a.start + run * a.segment;
    for (std::size_t l = 0; l < a.length; ++l) {
      Vec row[kV];
      FEDROUND_UNROLL
      for (std::size_t v = 0; v < kV; ++v) row[v] = load(b + k[v], v);
      FEDROUND_UNROLL
      for (std::size_t m = 0; m < kM; ++m) {
        const Vec value = Broadcast(values[m * a.row]);
        FEDROUND_UNROLL
        for (std::size_t v = 0; v < kV; ++v) sums[m][v] = MulAdd(value, row[v], sums[m][v]);
      }
      b += b_stride;
      values += a.step;
    }
  }
  FEDROUND_UNROLL
  for (std::size_t m = 0; m < kM; ++m) {
    FEDROUND_UNROLL
    for (std::size_t v = 0; v < kV; ++v) {
      float* const to = c + m * c_stride + k[v];
      const Vec result = kResult == Result::kStore
                             ? sums[m][v]
                             : MulAdd(Broadcast(scale), sums[m][v], load(to, v));
      if (kPart && v == kV - 1) {
        StorePart(to, result, lanes);
      } else {
        Store(to, result);
      }
    }
  }
}

// A number that templates can see.
template <std::size_t kN>
struct Constant {
  static constexpr std::size_t kValue = kN;
};

// Calls `call(Constant<n>)`, 1 <= n <= kMax.
template <std::size_t kMax, typename Call>
FEDROUND_INLINE void WithConstant(std::size_t n, Call call) {
  if constexpr (kMax > 1) {
    if (n < kMax) return WithConstant<kMax - 1>(n, call);
  }
  call(Constant<kMax>{});
}

}  // namespace fedround::kernels::FEDROUND_SIMD
