// The small part of HPACK (RFC 7541) that is needed to find one field in the first header block of
// a connection. Strangers must not reach gRPC's own decoder: the packaged one has known
// vulnerabilities.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace fedround::coordinator {

// The value of the first field `name`, nothing if the block has none. `name` must not be in HPACK's
// static table. Work and memory are linear in the block: no reference is followed.
// Errors: INVALID_ARGUMENT for a block that is cut off before or in that field, or whose
// Huffman-coded value is not printable ASCII.
absl::StatusOr<std::optional<std::string>> FindHeader(absl::string_view block,
                                                      absl::string_view name);

}  // namespace fedround::coordinator
