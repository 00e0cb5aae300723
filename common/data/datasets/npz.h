// The decoder behind the data set "npz", on bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/data/decoded.h"

namespace fedround::data {

// Reads x_train, y_train and, if they exist, x_test with y_test, and client_id.
// Errors:
// - DATA_LOSS: with `name`, member and byte offset or row; or dtype, shape and what to save instead
// - NOT_FOUND: a missing member
// - INVALID_ARGUMENT: images whose layout kAuto cannot tell (FindAxes)
absl::StatusOr<Decoded> DecodeNpz(std::span<const std::byte> bytes, absl::string_view name,
                                  ImageLayout layout = ImageLayout::kAuto);

struct NpzArray {
  std::string name;       // "x_train"
  std::string type_name;  // as NumPy prints its dtype
  std::vector<std::uint64_t> shape;
};

// All arrays, of whatever dtype, in the order of their names. Errors: DATA_LOSS, with `name` and
// member.
absl::StatusOr<std::vector<NpzArray>> ListNpz(std::span<const std::byte> bytes,
                                              absl::string_view name);

}  // namespace fedround::data
