// From values as data sets store them to inputs of a network. The same bits at every SIMD level.
#pragma once

#include <cstdint>
#include <span>

namespace fedround::kernels {

// out[i] = float32(bytes[i]) / 255, rounded as a division is, times `scale`. Sizes are equal.
void BytesToUnit(std::span<const std::uint8_t> bytes, float scale, std::span<float> out);

// out[i] = in[i] * scale. Sizes are equal, the memory is apart.
void Scale(std::span<const float> in, float scale, std::span<float> out);

}  // namespace fedround::kernels
