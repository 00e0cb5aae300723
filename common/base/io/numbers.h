// Integers inside binary records: eight bytes, little-endian.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>

#include "absl/strings/string_view.h"

namespace fedround {

static_assert(std::endian::native == std::endian::little);

inline void AppendNumber(std::uint64_t number, std::string& bytes) {
  bytes.append(reinterpret_cast<const char*>(&number), sizeof(number));
}

// Removes it from the front; false if there are too few bytes.
inline bool TakeNumber(absl::string_view& bytes, std::uint64_t& number) {
  if (bytes.size() < sizeof(number)) return false;
  std::memcpy(&number, bytes.data(), sizeof(number));
  bytes.remove_prefix(sizeof(number));
  return true;
}

}  // namespace fedround
