// Turns values as data sets store them into inputs of a network. Same bits at every SIMD level.
#pragma once

#include <cstdint>
#include <span>

namespace fedround::kernels {

// out[i] = float32(bytes[i]) / 255, correctly rounded, times `scale`. Sizes are equal.
void BytesToUnit(std::span<const std::uint8_t> bytes, float scale, std::span<float> out);

// out[i] = in[i] * scale. Sizes are equal; the spans are disjoint.
void Scale(std::span<const float> in, float scale, std::span<float> out);

}  // namespace fedround::kernels
