// The loops of `convert.h`, which compilers turn into vectors.
#include "common/kernels/simd/kernels.h"

namespace fedround::kernels::FEDROUND_SIMD {
namespace {

// x / 255, correctly rounded.
float OfByte(std::uint8_t byte) {
  const auto x = static_cast<float>(byte);
#if defined(__FMA__)
  // A division takes five times as long. The product is off by at most one unit in the last place;
  // the remainder shows by how much. Tested for all 256 values.
  constexpr float kReciprocal = 1.0f / 255.0f;
  const float quotient = x * kReciprocal;
  const float rest = __builtin_fmaf(-quotient, 255.0f, x);
  return __builtin_fmaf(rest, kReciprocal, quotient);
#else
  return x / 255.0f;
#endif
}

void BytesToUnit(const std::uint8_t* __restrict bytes, std::size_t size, float scale,
                 float* __restrict out) {
  for (std::size_t i = 0; i < size; ++i) out[i] = OfByte(bytes[i]) * scale;
}

void Scale(const float* __restrict in, std::size_t size, float scale, float* __restrict out) {
  for (std::size_t i = 0; i < size; ++i) out[i] = in[i] * scale;
}

}  // namespace

const ConvertKernels kConvert = {&BytesToUnit, &Scale};

}  // namespace fedround::kernels::FEDROUND_SIMD
