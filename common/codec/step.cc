#include "common/codec/step.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace fedround::codec {

std::uint32_t LargestMagnitude(std::span<const float> values) {
  std::int32_t largest = 0;  // signed: SSE2 compares no others
  for (const float x : values) {
    largest = std::max(largest, static_cast<std::int32_t>(MagnitudeBits(x)));
  }
  return static_cast<std::uint32_t>(largest);
}

std::size_t FirstNotFinite(std::span<const float> values) {
  const auto found =
      std::ranges::find_if(values, [](float x) { return MagnitudeBits(x) >= kNotFinite; });
  return static_cast<std::size_t>(found - values.begin());
}

std::byte* Extend(std::vector<std::byte>& payload, std::size_t count) {
  const std::size_t before = payload.size();
  payload.resize(before + count);
  return payload.data() + before;
}

absl::Status TooManyBytes(absl::string_view name, std::uint64_t expected, std::size_t elements) {
  return absl::InvalidArgumentError(
      absl::StrCat(name, ": more than the ", expected, " bytes that ", elements, " entries take"));
}

absl::Status TooFewBytes(absl::string_view name, std::uint64_t arrived, std::uint64_t expected,
                         std::size_t elements) {
  return absl::InvalidArgumentError(absl::StrCat(name, ": ", arrived, " of the ", expected,
                                                 " bytes that ", elements, " entries take"));
}

}  // namespace fedround::codec
