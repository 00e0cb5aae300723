// The passes of `max_pool.h` at this file's level: channels come last, so a window is processed one
// vector of channels at a time, in registers.
#include "common/kernels/simd/kernels.h"
#include "common/kernels/simd/vec.h"

namespace fedround::kernels::FEDROUND_SIMD {
namespace {

// Calls visit(offset of the window's first pixel in x, offset of its pixel in y) for every window.
template <typename Visit>
FEDROUND_INLINE void ForEachWindow(const PoolShape& s, Visit visit) {
  const std::size_t height = (s.height - s.kernel) / s.stride + 1;
  const std::size_t width = (s.width - s.kernel) / s.stride + 1;
  std::size_t to = 0;
  for (std::size_t n = 0; n < s.batch; ++n) {
    for (std::size_t y = 0; y < height; ++y) {
      for (std::size_t x = 0; x < width; ++x, to += s.channels) {
        visit(((n * s.height + y * s.stride) * s.width + x * s.stride) * s.channels, to);
      }
    }
  }
}

// Calls part(first channel, lanes) for each vector of channels; only the last may have fewer lanes.
template <typename Part>
FEDROUND_INLINE void ForEachVector(std::size_t channels, Part part) {
  for (std::size_t c = 0; c < channels; c += kWidth) {
    const std::size_t count = channels - c;
    part(c, count < kWidth ? count : kWidth);
  }
}

FEDROUND_INLINE Vec LoadLanes(const float* from, std::size_t lanes) {
  return lanes == kWidth ? Load(from) : LoadPart(from, FirstLanes(lanes));
}
FEDROUND_INLINE void StoreLanes(float* to, Vec v, std::size_t lanes) {
  if (lanes == kWidth) return Store(to, v);
  StorePart(to, v, FirstLanes(lanes));
}

void Forward(const PoolShape& s, const float* x, float* y) {
  const std::size_t row = s.width * s.channels;
  ForEachWindow(
      s, [&](std::size_t from, std::size_t to) __attribute__((always_inline)) {
        ForEachVector(
            s.channels, [&](std::size_t c, std::size_t lanes) __attribute__((always_inline)) {
              Vec largest = LoadLanes(x + from + c, lanes);
              for (std::size_t ky = 0; ky < s.kernel; ++ky) {
                for (std::size_t kx = 0; kx < s.kernel; ++kx) {
                  const Vec v = LoadLanes(x + from + ky * row + kx * s.channels + c, lanes);
                  largest = ((v > largest) | (v != v)) ? v : largest;
                }
              }
              StoreLanes(y + to + c, largest, lanes);
            });
      });
}

void Backward(const PoolShape& s, const float* x, const float* y, const float* dy, float* dx) {
  const std::size_t row = s.width * s.channels;
  __builtin_memset(dx, 0, s.batch * s.height * row * sizeof(float));
  ForEachWindow(
      s, [&](std::size_t from, std::size_t to) __attribute__((always_inline)) {
        ForEachVector(
            s.channels, [&](std::size_t c, std::size_t lanes) __attribute__((always_inline)) {
              const Vec largest = LoadLanes(y + to + c, lanes);
              Vec rest = LoadLanes(dy + to + c, lanes);  // not yet given to a pixel
              for (std::size_t ky = 0; ky < s.kernel; ++ky) {
                for (std::size_t kx = 0; kx < s.kernel; ++kx) {
                  const std::size_t pixel = from + ky * row + kx * s.channels + c;
                  const Vec v = LoadLanes(x + pixel, lanes);
                  const auto is_largest = (v == largest) | (v != v);
                  StoreLanes(dx + pixel,
                             LoadLanes(dx + pixel, lanes) + (is_largest ? rest : Zero()), lanes);
                  rest = is_largest ? Zero() : rest;
                }
              }
            });
      });
}

}  // namespace

const MaxPoolKernels kMaxPool = {&Forward, &Backward};

}  // namespace fedround::kernels::FEDROUND_SIMD
