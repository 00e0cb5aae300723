// The largest value under a window that moves over an image, channel by channel.
//
//   x, dx  [B, height, width, channels]           images, and the loss's gradient
//   y, dy  [B, out_height, out_width, channels]   maxima, and the loss's gradient
//
// A NaN is larger than any number: a diverged model must not look healthy. Rows and columns that no
// whole window covers are left out, as in PyTorch. Thread-safe. Outputs must not overlap inputs.
#pragma once

#include <cstddef>
#include <span>

namespace fedround::kernels {

// 1 <= kernel <= height, width; stride >= 1.
struct PoolShape {
  std::size_t batch = 0;
  std::size_t height = 0;
  std::size_t width = 0;
  std::size_t channels = 0;
  std::size_t kernel = 1;
  std::size_t stride = 1;

  std::size_t out_height() const { return (height - kernel) / stride + 1; }
  std::size_t out_width() const { return (width - kernel) / stride + 1; }
};

void MaxPoolForward(const PoolShape& shape, std::span<const float> x, std::span<float> y);

// dx from dy, which goes to the first of a window's largest values, row by row. `scratch`
// [channels].
void MaxPoolBackward(const PoolShape& shape, std::span<const float> x, std::span<const float> y,
                     std::span<const float> dy, std::span<float> dx, std::span<float> scratch);

}  // namespace fedround::kernels
