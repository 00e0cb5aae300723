// The products of `dense.h` in tiles, at this file's level.
#include "common/kernels/simd/kernels.h"
#include "common/kernels/simd/tiles.h"

namespace fedround::kernels::FEDROUND_SIMD {
namespace {

// Sums over more than this are taken in parts, so that what a tile reads again stays in the first
// cache, and roundings grow with the part.
constexpr std::size_t kDepth = 256;
constexpr std::size_t kColumnVectors = 1024 / kWidth;
// Rows of w that stay in the second cache while all examples pass over them.
constexpr std::size_t kOutputBlock = 64;
// Below this share of vectors that are not zero, leaving them out pays for looking.
constexpr std::size_t kWorthSkipping = 15;  // of 16

FEDROUND_INLINE std::size_t Min(std::size_t a, std::size_t b) { return a < b ? a : b; }

// The columns [first, first + count) of a matrix, in vectors.
struct ColumnList {
  std::uint32_t offsets[kColumnVectors + 1];
  Columns columns;

  ColumnList(std::size_t first, std::size_t count) {
    const std::size_t vectors = count / kWidth;
    for (std::size_t i = 0; i <= vectors && i <= kColumnVectors; ++i) {
      offsets[i] = static_cast<std::uint32_t>(first + i * kWidth);
    }
    columns = {offsets, vectors, first + vectors * kWidth, count % kWidth};
  }

  // Drops the vectors that are zero in each of `batch` rows of x.
  void DropZeros(const float* x, std::size_t stride, std::size_t batch) {
    std::uint32_t live[kColumnVectors];
    std::size_t count = 0;
    for (std::size_t i = 0; i < columns.vectors; ++i) {
      const float* const column = x + offsets[i];
      Bits any = {};
      for (std::size_t n = 0; n < batch; ++n) any |= LoadBits(column + n * stride);
      live[count] = offsets[i];
      if (AnyNonZero(any)) ++count;
    }
    if (count * 16 > columns.vectors * kWorthSkipping) return;
    for (std::size_t i = 0; i < count; ++i) offsets[i] = live[i];
    offsets[count] = static_cast<std::uint32_t>(columns.part_offset);
    columns.vectors = count;
  }
};

void Forward(const DenseShape& shape, bool skip_zeros, const float* x, const float* w,
             const float* b, float* z) {
  const std::size_t in = shape.in;
  const std::size_t out = shape.out;
  for (std::size_t n = 0; n < shape.batch; ++n) {
    for (std::size_t o = 0; o < out; ++o) z[n * out + o] = b[o];
  }
  for (std::size_t k = 0; k < in; k += kColumnVectors * kWidth) {
    ColumnList list(k, Min(in - k, kColumnVectors * kWidth));
    if (skip_zeros) list.DropZeros(x, in, shape.batch);
    for (std::size_t block = 0; block < out; block += kOutputBlock) {
      const std::size_t end = Min(out, block + kOutputBlock);
      for (std::size_t n = 0; n < shape.batch; n += kDotRows) {
        WithConstant<kDotRows>(
            Min(kDotRows, shape.batch - n), [&](auto rows) __attribute__((always_inline)) {
              for (std::size_t o = block; o < end; o += kDotOutputs) {
                const std::size_t outputs = Min(kDotOutputs, end - o);
                const float* weights[kDotOutputs];
                for (std::size_t i = 0; i < kDotOutputs; ++i)
                  weights[i] = w + (o + Min(i, outputs - 1)) * in;
                DotTile<rows.kValue>(x + n * in, in, weights, list.columns, z + n * out + o, out,
                                     outputs);
              }
            });
      }
    }
  }
}

// c [rows, columns] (+)= a b, by OuterTile. The columns are those of the list, `depth` rows of b.
template <Result kResult>
FEDROUND_INLINE void OuterProduct(std::size_t rows, const Columns& columns, std::size_t depth,
                                  Broadcasts a, float scale, const float* b, std::size_t b_stride,
                                  float* c, std::size_t c_stride) {
  const std::size_t vectors = columns.vectors + (columns.part > 0 ? 1 : 0);
  const Mask lanes = FirstLanes(columns.part);
  // As even as they come: three of three, not two of four and a slow one of one.
  const std::size_t groups = (vectors + kVectors - 1) / kVectors;
  std::size_t first = 0;
  for (std::size_t group = 0; group < groups; ++group) {
    const std::size_t last = vectors * (group + 1) / groups;
    const bool part = columns.part > 0 && last == vectors;
    WithConstant<kVectors>(
        last - first, [&](auto width) __attribute__((always_inline)) {
          const auto all_rows = [&](auto has_part) __attribute__((always_inline)) {
            for (std::size_t m = 0; m < rows; m += kRows) {
              const Broadcasts from = {a.start + m * a.row, a.row, a.step};
              WithConstant<kRows>(
                  Min(kRows, rows - m), [&](auto height) __attribute__((always_inline)) {
                    OuterTile<height.kValue, width.kValue, has_part.kValue == 1, kResult>(
                        from, b, b_stride, depth, scale, columns.offsets + first, lanes,
                        c + m * c_stride, c_stride);
                  });
            }
          };
          if (part) {
            all_rows(Constant<1>{});
          } else {
            all_rows(Constant<0>{});
          }
        });
    first = last;
  }
}

void BackwardInput(const DenseShape& shape, const float* dz, const float* w, float* dx) {
  for (std::size_t k = 0; k < shape.in; k += kColumnVectors * kWidth) {
    const ColumnList list(k, Min(shape.in - k, kColumnVectors * kWidth));
    for (std::size_t o = 0; o < shape.out; o += kDepth) {
      const std::size_t depth = Min(kDepth, shape.out - o);
      const Broadcasts a = {dz + o, shape.out, 1};
      const float* const rows = w + o * shape.in;
      if (o == 0) {
        OuterProduct<Result::kStore>(shape.batch, list.columns, depth, a, 1, rows, shape.in, dx,
                                     shape.in);
      } else {
        OuterProduct<Result::kAddScaled>(shape.batch, list.columns, depth, a, 1, rows, shape.in, dx,
                                         shape.in);
      }
    }
  }
}

void AddGradient(const DenseShape& shape, bool skip_zeros, float scale, const float* x,
                 const float* dz, float* w, float* b) {
  for (std::size_t k = 0; k < shape.in; k += kColumnVectors * kWidth) {
    ColumnList list(k, Min(shape.in - k, kColumnVectors * kWidth));
    if (skip_zeros) list.DropZeros(x, shape.in, shape.batch);
    for (std::size_t n = 0; n < shape.batch; n += kDepth) {
      OuterProduct<Result::kAddScaled>(shape.out, list.columns, Min(kDepth, shape.batch - n),
                                       {dz + n * shape.out, 1, shape.out}, scale, x + n * shape.in,
                                       shape.in, w, shape.in);
    }
  }
  for (std::size_t n = 0; n < shape.batch; ++n) {
    for (std::size_t o = 0; o < shape.out; ++o) b[o] += scale * dz[n * shape.out + o];
  }
}

}  // namespace

const DenseKernels kDense = {&Forward, &BackwardInput, &AddGradient};

}  // namespace fedround::kernels::FEDROUND_SIMD
