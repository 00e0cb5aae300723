// NumPy's .npy: a magic, a version, a Python dictionary as text, then the values.
//
// Read are versions 1 to 3, C order, little-endian numbers of 1, 2, 4 or 8 bytes.
// Source: numpy.lib.format, "Format Version 1.0" to "3.0".
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace fedround::data {

struct NpyArray {
  char kind = 0;                      // 'u' unsigned, 'i' signed, 'f' float
  std::size_t item_bytes = 0;         // 1, 2, 4 or 8; a float has 4 or 8
  std::vector<std::uint64_t> shape;   // no extent is 0
  std::span<const std::byte> values;  // [product of shape] items, inside the parsed bytes

  std::string dtype() const;  // "f4"
};

// Errors: DATA_LOSS, with `name` and byte offset, for anything but exactly one such array.
absl::StatusOr<NpyArray> ParseNpy(std::span<const std::byte> bytes, absl::string_view name);

// What stands before the values of a little-endian float32 array, version 1.0. Errors: DATA_LOSS
// for a shape that ParseNpy would refuse.
absl::StatusOr<std::string> Float32NpyHeader(std::span<const std::uint64_t> shape);

}  // namespace fedround::data
