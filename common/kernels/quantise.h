// Loops of the fixed-point grid: the range check and the exact weighted sum.
//
// Rounding uses the classic shift trick: adding 1.5 * 2^52 to a double |y| < 2^51 leaves round(y)
// (to nearest, ties to even) in the low mantissa bits. The result is an exact integer and needs no
// rounding instruction, so the bits are the same at every SIMD level.
#pragma once

#include <cstdint>
#include <span>

#include "common/kernels/shapes.h"

namespace fedround::kernels {

// True if every |x| <= limit; false for NaN and infinities. limit must be finite.
bool AllWithin(std::span<const float> values, float limit);

// round(x * scale), to nearest, ties to even. |x * scale| < 2^51; scale a power of two.
std::int64_t Quantise(float x, double scale);

// sum[i] += sum over k of weight_k * round(values_k[i] * scale), for i in [0, sum.size()).
// Takes up to 4 updates per pass over `sum`, whose entries are twice as wide as theirs.
void AddQuantised(std::span<const WeightedSpan> updates, double scale, std::span<std::int64_t> sum);

// The same, one entry at a time: what AddQuantised is tested against.
void AddQuantisedReference(std::span<const WeightedSpan> updates, double scale,
                           std::span<std::int64_t> sum);

// mean[i] = float(sum[i] / divisor), computed in double. divisor > 0.
void DivideSums(std::span<const std::int64_t> sum, double divisor, std::span<float> mean);

}  // namespace fedround::kernels
