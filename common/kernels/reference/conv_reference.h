// The products of `conv.h` in the plainest loops that are right, for any scalar type: what the fast
// ones are compared with. Never used in a run.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "common/kernels/conv.h"

namespace fedround::kernels {

// Calls visit(z_index, x_index, w_index) for every product of an output, an input and a weight.
template <typename Visit>
void ForEachConvProduct(const ConvShape& s, Visit visit) {
  for (std::size_t n = 0; n < s.batch; ++n) {
    for (std::size_t oy = 0; oy < s.out_height(); ++oy) {
      for (std::size_t ox = 0; ox < s.out_width(); ++ox) {
        for (std::size_t ky = 0; ky < s.kernel; ++ky) {
          for (std::size_t kx = 0; kx < s.kernel; ++kx) {
            const std::size_t y = oy * s.stride + ky;  // in the padded image
            const std::size_t x = ox * s.stride + kx;
            if (y < s.padding || y - s.padding >= s.height) continue;
            if (x < s.padding || x - s.padding >= s.width) continue;
            const std::size_t z_pixel = (n * s.out_height() + oy) * s.out_width() + ox;
            const std::size_t x_pixel = (n * s.height + y - s.padding) * s.width + x - s.padding;
            for (std::size_t o = 0; o < s.out; ++o) {
              for (std::size_t i = 0; i < s.in; ++i) {
                visit(z_pixel * s.out + o, x_pixel * s.in + i,
                      ((o * s.in + i) * s.kernel + ky) * s.kernel + kx);
              }
            }
          }
        }
      }
    }
  }
}

template <typename T>
void ConvForwardReference(const ConvShape& shape, std::span<const T> x, std::span<const T> w,
                          std::span<const T> b, std::span<T> z) {
  for (std::size_t k = 0; k < z.size(); ++k) z[k] = b[k % shape.out];
  ForEachConvProduct(shape, [&](std::size_t to, std::size_t from, std::size_t weight) {
    z[to] += x[from] * w[weight];
  });
}

template <typename T>
void ConvBackwardInputReference(const ConvShape& shape, std::span<const T> dz, std::span<const T> w,
                                std::span<T> dx) {
  std::fill(dx.begin(), dx.end(), T{0});
  ForEachConvProduct(shape, [&](std::size_t to, std::size_t from, std::size_t weight) {
    dx[from] += dz[to] * w[weight];
  });
}

template <typename T>
void ConvAddGradientReference(const ConvShape& shape, T scale, std::span<const T> x,
                              std::span<const T> dz, std::span<T> w, std::span<T> b) {
  ForEachConvProduct(shape, [&](std::size_t to, std::size_t from, std::size_t weight) {
    w[weight] += scale * dz[to] * x[from];
  });
  for (std::size_t k = 0; k < dz.size(); ++k) b[k % shape.out] += scale * dz[k];
}

}  // namespace fedround::kernels
