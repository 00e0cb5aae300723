// The largest value under a window that moves over an image, channel by channel.
//
//   x, dx  [B, height, width, channels]           images, and the loss's gradient
//   y, dy  [B, out_height, out_width, channels]   maxima, and the loss's gradient
//
// A NaN is larger than any number: a diverged model must not look healthy. Rows and columns that no
// whole window covers are left out, as in PyTorch. Thread-safe. Outputs must not overlap inputs.
#pragma once

#include <span>

#include "common/kernels/shapes.h"

namespace fedround::kernels {

void MaxPoolForward(const PoolShape& shape, std::span<const float> x, std::span<float> y);

// dx from dy, which goes to the first of a window's largest values, row by row.
void MaxPoolBackward(const PoolShape& shape, std::span<const float> x, std::span<const float> y,
                     std::span<const float> dy, std::span<float> dx);

}  // namespace fedround::kernels
