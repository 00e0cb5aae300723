// IDX, the format of MNIST and similar sets: 0, 0, a type byte, the number of axes, big-endian
// uint32 extents, then the values row by row. Only type 8 (unsigned bytes) is supported.
// Source: http://yann.lecun.com/exdb/mnist/, "The IDX file format".
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace fedround::data {

struct IdxArray {
  std::vector<std::uint64_t> shape;   // at least one axis, no extent is 0
  std::span<const std::byte> values;  // [product of shape], inside the parsed bytes
};

// Errors: DATA_LOSS, with `name` and byte offset, for anything but exactly one array.
absl::StatusOr<IdxArray> ParseIdx(std::span<const std::byte> bytes, absl::string_view name);

}  // namespace fedround::data
