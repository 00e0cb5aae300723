// The arrays y_train and y_test of an npz: the class of each example.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace fedround::data {

// Reads integers, booleans, or floats that are whole numbers, [examples] or [examples, 1]; an array
// without items gives no labels, whatever its dtype. Errors: DATA_LOSS, with `name` and the row or
// the dtype and shape, for anything else; it says what to save with NumPy.
absl::StatusOr<std::vector<std::uint32_t>> DecodeLabels(std::span<const std::byte> bytes,
                                                        absl::string_view name);

}  // namespace fedround::data
