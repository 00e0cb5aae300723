// The exponential as branch-free arithmetic on float, for the softmax.
//
// A loop over it becomes vector code, and its results depend neither on the machine's maths library
// nor on the SIMD level. NaN in, NaN out. (Activations have their own in simd/vector_math.h.)
#pragma once

#include <bit>
#include <cstdint>

namespace fedround::kernels {

// Comparisons are written so that NaN passes through.
inline float Clamp(float x, float low, float high) {
  x = x < low ? low : x;
  return x > high ? high : x;
}

// e^x, relative error <= 2e-7. x is clamped to [-87.3, 88.3]: the result is never 0, infinite or
// denormal.
// Method: x = n ln 2 + r, e^r by a polynomial, 2^n into the exponent bits.
// Source: Cephes `expf`, Moshier 1992.
inline float Exp(float x) {
  constexpr float kLog2E = 1.44269504088896341f;
  constexpr float kLn2High = 0.693359375f;
  constexpr float kLn2Low = -2.12194440e-4f;
  // 1.5 * 2^23: adding it rounds to an integer, which is then in the low bits.
  constexpr float kRound = 12582912.0f;
  x = Clamp(x, -87.3f, 88.3f);
  const float shifted = x * kLog2E + kRound;
  const float n = shifted - kRound;
  const float r = (x - n * kLn2High) - n * kLn2Low;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  const std::uint32_t exponent = std::bit_cast<std::uint32_t>(shifted) << 23;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(p) + exponent);
}

}  // namespace fedround::kernels
