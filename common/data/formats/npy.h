// NumPy's .npy: a magic, a version, a Python dictionary as text, then the values.
//
// Read are versions 1 to 3, C order, little-endian numbers of 1, 2, 4 or 8 bytes and texts of a
// fixed length.
// Source: numpy.lib.format, "Format Version 1.0" to "3.0".
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace fedround::data {

struct NpyArray {
  char kind = 0;                      // 'u' unsigned, 'i' signed, 'f' float, 'U' text, 'S' bytes
  std::size_t item_bytes = 0;         // 1, 2, 4 or 8; a float has 4 or 8; texts as they say
  std::vector<std::uint64_t> shape;   // no extent is 0
  std::span<const std::byte> values;  // [product of shape] items, inside the parsed bytes

  std::string dtype() const;  // "f4"; texts count characters: "U12"
  std::size_t size() const { return values.size() / item_bytes; }
};

// Item `i` of an array of T.
template <typename T>
T ItemAt(const NpyArray& array, std::size_t i) {
  T item;
  std::memcpy(&item, array.values.subspan(i * sizeof(T), sizeof(T)).data(), sizeof(T));
  return item;
}

// Calls `use(T())` with the T of the array's integers; of other arrays it does not.
template <typename Use>
void VisitIntegerType(const NpyArray& array, Use use) {
  const std::string dtype = array.dtype();
  if (dtype == "u1") use(std::uint8_t{});
  if (dtype == "u2") use(std::uint16_t{});
  if (dtype == "u4") use(std::uint32_t{});
  if (dtype == "u8") use(std::uint64_t{});
  if (dtype == "i1") use(std::int8_t{});
  if (dtype == "i2") use(std::int16_t{});
  if (dtype == "i4") use(std::int32_t{});
  if (dtype == "i8") use(std::int64_t{});
}

// Errors: DATA_LOSS, with `name` and byte offset, for anything but exactly one such array.
absl::StatusOr<NpyArray> ParseNpy(std::span<const std::byte> bytes, absl::string_view name);

// DATA_LOSS, with `name`, unless the array has one axis, or a second one of extent 1.
absl::Status CheckColumn(const NpyArray& array, absl::string_view name);

// What stands before the values of a little-endian float32 array, version 1.0. Errors: DATA_LOSS
// for a shape that ParseNpy would refuse.
absl::StatusOr<std::string> Float32NpyHeader(std::span<const std::uint64_t> shape);

}  // namespace fedround::data
