// Matrix products composed of tiles.
#pragma once

#include "common/kernels/simd/tiles.h"

namespace fedround::kernels::FEDROUND_SIMD {
namespace {

// How many columns a list has room for.
constexpr std::size_t kColumnVectors = 1024 / kWidth;
constexpr std::size_t kColumns = kColumnVectors * kWidth;

FEDROUND_INLINE std::size_t Min(std::size_t a, std::size_t b) { return a < b ? a : b; }

// The columns [first, first + count) of a matrix, in vectors; count <= kColumns.
struct ColumnList {
  std::uint32_t offsets[kColumnVectors + 1];
  Columns columns;

  FEDROUND_MEMBER ColumnList(std::size_t first, std::size_t count) {
    const std::size_t vectors = count / kWidth;
    for (std::size_t i = 0; i <= vectors; ++i) {
      offsets[i] = static_cast<std::uint32_t>(first + i * kWidth);
    }
    columns = {offsets, vectors, first + vectors * kWidth, count % kWidth};
  }
  ColumnList(const ColumnList&) = delete;
  ColumnList& operator=(const ColumnList&) = delete;
};

// c (+)= a b for `rows` rows of a and c and for `columns` of b and c. Result and scale as in
// OuterTile.
template <Result kResult>
void OuterProduct(std::size_t rows, const Columns& columns, const Broadcasts& a, float scale,
                  const float* b, std::size_t b_stride, float* c, std::size_t c_stride) {
  const std::size_t vectors = columns.vectors + (columns.part > 0 ? 1 : 0);
  const Mask lanes = FirstLanes(columns.part);
  // In groups as even as possible: nine vectors in three groups of three, not in two of four and a
  // slow one of one.
  const std::size_t groups = (vectors + kVectors - 1) / kVectors;
  std::size_t first = 0;
  for (std::size_t group = 0; group < groups; ++group) {
    const std::size_t last = vectors * (group + 1) / groups;
    const bool part = columns.part > 0 && last == vectors;
    WithConstant<kVectors>(
        last - first, [&](auto width) __attribute__((always_inline)) {
          constexpr std::size_t kMost = kRowsOf[width.kValue];
          const auto all_rows = [&](auto has_part) __attribute__((always_inline)) {
            const std::size_t tiles = (rows + kMost - 1) / kMost;
            std::size_t m = 0;
            for (std::size_t tile = 0; tile < tiles; ++tile) {
              const std::size_t end = rows * (tile + 1) / tiles;
              Broadcasts from = a;
              from.start += m * a.row;
              WithConstant<kMost>(
                  end - m, [&](auto height) __attribute__((always_inline)) {
                    OuterTile<height.kValue, width.kValue, has_part.kValue == 1, kResult>(
                        from, b, b_stride, scale, columns.offsets + first, lanes, c + m * c_stride,
                        c_stride);
                  });
              m = end;
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

}  // namespace
}  // namespace fedround::kernels::FEDROUND_SIMD
