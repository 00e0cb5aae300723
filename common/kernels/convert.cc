#include "common/kernels/convert.h"

#include "common/base/check.h"
#include "common/kernels/level.h"

namespace fedround::kernels {

void BytesToUnit(std::span<const std::uint8_t> bytes, float scale, std::span<float> out) {
  CHECK(bytes.size() == out.size());
  FEDROUND_KERNELS(kConvert).bytes_to_unit(bytes.data(), bytes.size(), scale, out.data());
}

void Scale(std::span<const float> in, float scale, std::span<float> out) {
  CHECK(in.size() == out.size());
  FEDROUND_KERNELS(kConvert).scale(in.data(), in.size(), scale, out.data());
}

}  // namespace fedround::kernels
