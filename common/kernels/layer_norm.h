// Layer normalisation: y = gain * (x - mean) / sqrt(variance + eps) + offset, with mean and
// variance over the features of one example. Source: Ba et al. 2016, arXiv:1607.06450; PyTorch's
// LayerNorm.
//
//   x, dx, y, dy   [B, pixels, channels]   values, channels last, and the loss's gradients
//   gain, offset   [channels, pixels]      PyTorch's order; pixels = 1 for a flat vector
//   moments        [B, 2]                  of each example: mean, 1 / sqrt(variance + eps)
//
// Sums are in double. Thread-safe. Outputs must not overlap inputs.
#pragma once

#include <cstddef>
#include <span>

namespace fedround::kernels {

struct NormShape {
  std::size_t batch = 0;
  std::size_t pixels = 1;
  std::size_t channels = 0;

  std::size_t features() const { return pixels * channels; }
};

inline constexpr double kNormEpsilon = 1e-5;

void LayerNormForward(const NormShape& shape, std::span<const float> x, std::span<const float> gain,
                      std::span<const float> offset, std::span<float> y, std::span<float> moments);

// dx from dy; `moments` as Forward left them.
void LayerNormBackwardInput(const NormShape& shape, std::span<const float> x,
                            std::span<const float> moments, std::span<const float> dy,
                            std::span<const float> gain, std::span<float> dx);

// gain += scale * dL/dgain,  offset += scale * dL/doffset
void LayerNormAddGradient(const NormShape& shape, float scale, std::span<const float> x,
                          std::span<const float> moments, std::span<const float> dy,
                          std::span<float> gain, std::span<float> offset);

}  // namespace fedround::kernels
