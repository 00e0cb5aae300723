#include "common/kernels/max_pool.h"

#include <algorithm>

#include "common/base/check.h"

namespace fedround::kernels {
namespace {

void CheckSizes(const PoolShape& s, std::size_t x, std::size_t y) {
  CHECK(x == s.batch * s.height * s.width * s.channels);
  CHECK(y == s.batch * s.out_height() * s.out_width() * s.channels);
}

// Calls visit(x_index, k) for the first channels of the pixels under a window, k = 0, 1, ...
template <typename Visit>
void ForEachPixel(const PoolShape& s, std::size_t n, std::size_t oy, std::size_t ox, Visit visit) {
  for (std::size_t k = 0; k < s.kernel * s.kernel; ++k) {
    const std::size_t y = oy * s.stride + k / s.kernel;
    const std::size_t x = ox * s.stride + k % s.kernel;
    visit(((n * s.height + y) * s.width + x) * s.channels, k);
  }
}

// Calls visit(window, y_index) for every window; `window` takes a function as ForEachPixel does.
template <typename Visit>
void ForEachWindow(const PoolShape& s, Visit visit) {
  std::size_t to = 0;
  for (std::size_t n = 0; n < s.batch; ++n) {
    for (std::size_t oy = 0; oy < s.out_height(); ++oy) {
      for (std::size_t ox = 0; ox < s.out_width(); ++ox, to += s.channels) {
        visit([&](auto pixel) { ForEachPixel(s, n, oy, ox, pixel); }, to);
      }
    }
  }
}

}  // namespace

void MaxPoolForward(const PoolShape& shape, std::span<const float> x, std::span<float> y) {
  CheckSizes(shape, x.size(), y.size());
  ForEachWindow(shape, [&](auto window, std::size_t to) {
    float* __restrict largest = y.data() + to;
    window([&](std::size_t from, std::size_t k) {
      const float* __restrict values = x.data() + from;
      if (k == 0) return static_cast<void>(std::copy_n(values, shape.channels, largest));
      for (std::size_t c = 0; c < shape.channels; ++c) {
        const bool takes = values[c] > largest[c] || values[c] != values[c];
        largest[c] = takes ? values[c] : largest[c];
      }
    });
  });
}

void MaxPoolBackward(const PoolShape& shape, std::span<const float> x, std::span<const float> y,
                     std::span<const float> dy, std::span<float> dx, std::span<float> scratch) {
  CheckSizes(shape, dx.size(), dy.size());
  CHECK(scratch.size() >= shape.channels);
  std::fill(dx.begin(), dx.end(), 0.0f);
  ForEachWindow(shape, [&](auto window, std::size_t to) {
    const float* __restrict largest = y.data() + to;
    // What has not found its pixel yet.
    float* __restrict rest = scratch.data();
    std::copy_n(dy.data() + to, shape.channels, rest);
    window([&](std::size_t from, std::size_t) {
      const float* __restrict values = x.data() + from;
      float* __restrict gradient = dx.data() + from;
      for (std::size_t c = 0; c < shape.channels; ++c) {
        const bool is_largest = values[c] == largest[c] || values[c] != values[c];
        gradient[c] += is_largest ? rest[c] : 0.0f;
        rest[c] = is_largest ? 0.0f : rest[c];
      }
    });
  });
}

}  // namespace fedround::kernels
