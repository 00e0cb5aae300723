// The three products of a convolution over images, z = x * w + b, over raw spans.
//
// With B images, every buffer has the shape its name says in all three functions:
//   x, dx  [B, height, width, in]           images, channels last, and the loss's gradient
//   w      [out, in, kernel, kernel]        weights, PyTorch's layout
//   b      [out]                            bias
//   z, dz  [B, out_height, out_width, out]  output before the activation, and the loss's gradient
//
// As in PyTorch's conv2d the kernel is not flipped (a cross-correlation), and an image is padded
// with `padding` pixels of zeros on each side. Nothing is allocated: `scratch` has
// ConvScratchFloats floats, whose contents mean nothing between two calls. Results do not depend on
// the alignment of buffers. Thread-safe; each call runs on the caller's thread alone. Outputs must
// not overlap inputs. `conv_reference.h` says the same in plain loops.
#pragma once

#include <cstddef>
#include <span>

#include "common/kernels/shapes.h"

namespace fedround::kernels {

std::size_t ConvScratchFloats(const ConvShape& shape);

// z = x * w + b
void ConvForward(const ConvShape& shape, std::span<const float> x, std::span<const float> w,
                 std::span<const float> b, std::span<float> z, std::span<float> scratch);

// dx from dz
void ConvBackwardInput(const ConvShape& shape, std::span<const float> dz, std::span<const float> w,
                       std::span<float> dx, std::span<float> scratch);

// w += scale * dL/dw,  b += scale * dL/db
void ConvAddGradient(const ConvShape& shape, float scale, std::span<const float> x,
                     std::span<const float> dz, std::span<float> w, std::span<float> b,
                     std::span<float> scratch);

}  // namespace fedround::kernels
