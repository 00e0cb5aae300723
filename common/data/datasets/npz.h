// The decoder behind the data set "npz", on bytes.
#pragma once

#include <cstddef>
#include <span>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/data/decoded.h"

namespace fedround::data {

// Reads x_train, y_train, x_test, y_test and, if it is there, client_id.
// Errors: DATA_LOSS, with `name`, member and byte offset or row; NOT_FOUND for a missing member;
// INVALID_ARGUMENT for images that need another layout than kAuto (FindAxes).
absl::StatusOr<Decoded> DecodeNpz(std::span<const std::byte> bytes, absl::string_view name,
                                  ImageLayout layout = ImageLayout::kAuto);

}  // namespace fedround::data
