// JoinRequest on the wire. The ids of a host are sent as ranges: a million of them take a few
// bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/round/types.h"

namespace fedround::wire {

inline constexpr std::size_t kMaxJoinText = 256;  // characters of host, build and simd

std::string SerializeJoinRequest(const JoinRequest& request);

// `clients` is the number of clients in the federation, so that a short message cannot produce more
// ids than that. Errors: INVALID_ARGUMENT for bytes that are not a JoinRequest, a text beyond
// kMaxJoinText, ranges that are empty, overlap, do not ascend or go beyond the federation.
absl::StatusOr<JoinRequest> ParseJoinRequest(absl::string_view bytes, std::uint64_t clients);

}  // namespace fedround::wire
