// PongRequest on the wire: a host's answer to a ping.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/round/types.h"

namespace fedround::wire {

struct Pong {
  ClientId client = 0;  // any of the host's
  std::uint64_t id = 0;
};

std::string SerializePong(const Pong& pong);

// Errors: INVALID_ARGUMENT for bytes that are not a PongRequest.
absl::StatusOr<Pong> ParsePong(absl::string_view bytes);

}  // namespace fedround::wire
