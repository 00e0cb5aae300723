// The products of `dense.h` in tiles (tiles.h), at this file's level.
//
// What is hard: batches are small (10 examples, say), so the weights are by far the largest
// operand, and each of the three products wants them in another order. They are never copied or
// transposed as a whole; each product takes the tile that suits them as they lie in memory, [out,
// in]:
//
//   product            batch  tile   why
//   z = x w^T          < 64   dot    x and w both lie along the sum
//   z = x w^T          >= 64  outer  w is transposed in panels of 32 KiB that stay in the first
//                                    cache, which now costs less than adding up the lanes
//   dx = dz w          any    outer  the results lie along rows of w
//   w += scale dz^T x  > 1    outer  adds into w itself: a gradient array of the same size would
//                                    push w out of the cache
//   w += scale dz^T x  1      none   nothing is summed: one pass over w
//
// Loops are cut so that what a tile reads again is still in a cache: kDepth for the first one,
// kOutputBlock for the second. What bounds a step is the multiply-add peak from ten examples on (it
// reaches 72 to 81 %), and for one example the rate at which w comes from the second cache (about
// two thirds of it); `fedround bench step` measures both on the machine at hand.
#include "common/kernels/simd/kernels.h"
#include "common/kernels/simd/products.h"

namespace fedround::kernels::FEDROUND_SIMD {
namespace {

// Sums over more steps than this are taken in parts: what a tile reads again then stays in the
// first cache, and rounding errors grow with the length of a part only.
constexpr std::size_t kDepth = 256;
// Rows of w that stay in the second cache while all examples pass over them.
constexpr std::size_t kOutputBlock = 64;

// Drops the vectors that are zero in all `batch` rows of x, if there are enough of them for that to
// pay: a list with gaps is slower to walk.
void DropZeros(ColumnList& list, const float* x, std::size_t stride, std::size_t batch) {
  std::uint32_t live[kColumnVectors];
  std::size_t count = 0;
  for (std::size_t i = 0; i < list.columns.vectors; ++i) {
    const float* const column = x + list.offsets[i];
    Bits any = {};
    for (std::size_t n = 0; n < batch; ++n) any |= LoadBits(column + n * stride);
    live[count] = list.offsets[i];
    if (AnyNonZero(any)) ++count;
  }
  constexpr std::size_t kWorthIt = 15;  // of 16
  if (count * 16 > list.columns.vectors * kWorthIt) return;
  for (std::size_t i = 0; i < count; ++i) list.offsets[i] = live[i];
  list.offsets[count] = static_cast<std::uint32_t>(list.columns.part_offset);
  list.columns.vectors = count;
}

// z += x w^T, summed over `columns` only, by dot products.
void ForwardByDots(const DenseShape& shape, const Columns& columns, const float* x, const float* w,
                   float* z) {
  const std::size_t in = shape.in;
  const std::size_t out = shape.out;
  for (std::size_t block = 0; block < out; block += kOutputBlock) {
    const std::size_t end = Min(out, block + kOutputBlock);
    for (std::size_t n = 0; n < shape.batch; n += kDotRows) {
      const auto rows_of_outputs = [&](auto rows) __attribute__((always_inline)) {
        for (std::size_t o = block; o < end; o += kDotOutputs) {
          const std::size_t outputs = Min(kDotOutputs, end - o);
          const float* weights[kDotOutputs];
          for (std::size_t i = 0; i < kDotOutputs; ++i) {
            weights[i] = w + (o + Min(i, outputs - 1)) * in;
          }
          DotTile<rows.kValue>(x + n * in, in, weights, columns, z + n * out + o, out, outputs);
        }
      };
      WithConstant<kDotRows>(Min(kDotRows, shape.batch - n), rows_of_outputs);
    }
  }
}

// Transposes a part of w into `panel` [depth, kPanel]: the weights of outputs [first, first +
// outputs), outputs <= kPanel, and inputs [k, k + depth), depth <= kPanelDepth.
constexpr std::size_t kPanel = 64;
constexpr std::size_t kPanelDepth = 128;
void MakePanel(const DenseShape& shape, const float* w, std::size_t first, std::size_t outputs,
               std::size_t k, std::size_t depth, float* panel) {
  for (std::size_t o = 0; o < outputs; o += kWidth) {
    for (std::size_t l = 0; l < depth; l += kWidth) {
      const std::size_t count = Min(kWidth, depth - l);
      Vec block[kWidth];
      for (std::size_t i = 0; i < kWidth; ++i) {
        // Beyond the last output its row is repeated: nobody reads those columns.
        const float* const row = w + (first + Min(o + i, outputs - 1)) * shape.in + k + l;
        block[i] = count == kWidth ? Load(row) : LoadPart(row, FirstLanes(count));
      }
      Transpose(block);
      for (std::size_t i = 0; i < count; ++i) Store(panel + (l + i) * kPanel + o, block[i]);
    }
  }
}

// z += x w^T by panels of transposed weights, for kLargeBatch examples or more.
void ForwardByPanels(const DenseShape& shape, const float* x, const float* w, float* z) {
  alignas(64) float panel[kPanel * kPanelDepth];
  const std::size_t vectors = (shape.out + kWidth - 1) / kWidth;
  const std::size_t panels = (shape.out + kPanel - 1) / kPanel;
  for (std::size_t i = 0; i < panels; ++i) {
    const std::size_t o = vectors * i / panels * kWidth;
    const std::size_t outputs = Min(vectors * (i + 1) / panels * kWidth, shape.out) - o;
    const ColumnList list(0, outputs);
    for (std::size_t k = 0; k < shape.in; k += kPanelDepth) {
      const std::size_t depth = Min(kPanelDepth, shape.in - k);
      MakePanel(shape, w, o, outputs, k, depth, panel);
      OuterProduct<Result::kAddScaled>(
          shape.batch, list.columns, {.start = x + k, .row = shape.in, .step = 1, .length = depth},
          /*scale=*/1, panel, kPanel, z + o, shape.out);
    }
  }
}

void Forward(const DenseShape& shape, bool skip_zeros, const float* x, const float* w,
             const float* b, float* z) {
  for (std::size_t n = 0; n < shape.batch; ++n) {
    __builtin_memcpy(z + n * shape.out, b, shape.out * sizeof(float));
  }
  if (shape.batch >= kLargeBatch) return ForwardByPanels(shape, x, w, z);
  for (std::size_t k = 0; k < shape.in; k += kColumns) {
    ColumnList list(k, Min(shape.in - k, kColumns));
    if (skip_zeros) DropZeros(list, x, shape.in, shape.batch);
    ForwardByDots(shape, list.columns, x, w, z);
  }
}

void BackwardInput(const DenseShape& shape, const float* dz, const float* w, float* dx) {
  for (std::size_t k = 0; k < shape.in; k += kColumns) {
    const ColumnList list(k, Min(shape.in - k, kColumns));
    for (std::size_t o = 0; o < shape.out; o += kDepth) {
      const auto product =
          o == 0 ? &OuterProduct<Result::kStore> : &OuterProduct<Result::kAddScaled>;
      product(shape.batch, list.columns,
              {.start = dz + o, .row = shape.out, .step = 1, .length = Min(kDepth, shape.out - o)},
              /*scale=*/1, w + o * shape.in, shape.in, dx, shape.in);
    }
  }
}

// w += scale dz x for a batch of one: nothing is summed, so each row of w is read and written once,
// in order. Units whose gradient is 0 (half of them behind a ReLU) are left out if asked.
void AddGradientOfOne(const DenseShape& shape, const Columns& columns, bool skip_zeros, float scale,
                      const float* x, const float* dz, float* w) {
  const Mask lanes = FirstLanes(columns.part);
  for (std::size_t o = 0; o < shape.out; ++o, w += shape.in) {
    if (skip_zeros && dz[o] == 0.0f) continue;
    const Vec delta = Broadcast(scale * dz[o]);
    for (std::size_t i = 0; i < columns.vectors; ++i) {
      const std::size_t k = columns.offsets[i];
      Store(w + k, MulAdd(delta, Load(x + k), Load(w + k)));
    }
    if (columns.part > 0) {
      const std::size_t k = columns.part_offset;
      StorePart(w + k, MulAdd(delta, LoadPart(x + k, lanes), LoadPart(w + k, lanes)), lanes);
    }
  }
}

void AddGradient(const DenseShape& shape, bool skip_zeros, float scale, const float* x,
                 const float* dz, float* w, float* b) {
  for (std::size_t k = 0; k < shape.in; k += kColumns) {
    ColumnList list(k, Min(shape.in - k, kColumns));
    if (skip_zeros) DropZeros(list, x, shape.in, shape.batch);
    if (shape.batch == 1) {
      AddGradientOfOne(shape, list.columns, skip_zeros, scale, x, dz, w);
      continue;
    }
    for (std::size_t n = 0; n < shape.batch; n += kDepth) {
      OuterProduct<Result::kAddScaled>(shape.out, list.columns,
                                       {.start = dz + n * shape.out,
                                        .row = 1,
                                        .step = shape.out,
                                        .length = Min(kDepth, shape.batch - n)},
                                       scale, x + n * shape.in, shape.in, w, shape.in);
    }
  }
  for (std::size_t n = 0; n < shape.batch; ++n) {
    for (std::size_t o = 0; o < shape.out; ++o) b[o] += scale * dz[n * shape.out + o];
  }
}

}  // namespace

const DenseKernels kDense = {&Forward, &BackwardInput, &AddGradient};

}  // namespace fedround::kernels::FEDROUND_SIMD
