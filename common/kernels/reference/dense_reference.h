// The products of `dense.h` in the plainest loops that are right, for any scalar type: what the
// fast ones are compared with, and what gradient checks run on in double. Never used in a run.
#pragma once

#include <cstddef>
#include <span>

#include "common/kernels/dense.h"

namespace fedround::kernels {

template <typename T>
void DenseForwardReference(const DenseShape& shape, std::span<const T> x, std::span<const T> w,
                           std::span<const T> b, std::span<T> z) {
  for (std::size_t n = 0; n < shape.batch; ++n) {
    for (std::size_t o = 0; o < shape.out; ++o) {
      T sum = b[o];
      for (std::size_t i = 0; i < shape.in; ++i) sum += x[n * shape.in + i] * w[o * shape.in + i];
      z[n * shape.out + o] = sum;
    }
  }
}

template <typename T>
void DenseBackwardInputReference(const DenseShape& shape, std::span<const T> dz,
                                 std::span<const T> w, std::span<T> dx) {
  for (std::size_t n = 0; n < shape.batch; ++n) {
    for (std::size_t i = 0; i < shape.in; ++i) {
      T sum = 0;
      for (std::size_t o = 0; o < shape.out; ++o) {
        sum += dz[n * shape.out + o] * w[o * shape.in + i];
      }
      dx[n * shape.in + i] = sum;
    }
  }
}

template <typename T>
void DenseAddGradientReference(const DenseShape& shape, T scale, std::span<const T> x,
                               std::span<const T> dz, std::span<T> w, std::span<T> b) {
  for (std::size_t n = 0; n < shape.batch; ++n) {
    for (std::size_t o = 0; o < shape.out; ++o) {
      const T delta = scale * dz[n * shape.out + o];
      for (std::size_t i = 0; i < shape.in; ++i) w[o * shape.in + i] += delta * x[n * shape.in + i];
      b[o] += delta;
    }
  }
}

}  // namespace fedround::kernels
