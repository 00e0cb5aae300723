// The array client_id of an npz: the client to which each training example belongs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace fedround::data {

struct NaturalClients {
  std::vector<std::uint32_t> of_rows;  // [training examples], 0 .. clients-1
  std::string names;                   // packed; empty if the file has the same numbers
};

// Reads integers or texts (dtype U or S), [examples] or [examples, 1]. Clients are numbered in the
// ascending order of their ids, texts by code points; ids other than 0 .. clients-1 become the
// clients' names. Errors: DATA_LOSS, with `name` and the row, for another dtype or shape, and for a
// text that is longer than kMaxClientNameBytes, contains NUL or is not valid Unicode.
absl::StatusOr<NaturalClients> DecodeClientIds(std::span<const std::byte> bytes,
                                               absl::string_view name);

}  // namespace fedround::data
