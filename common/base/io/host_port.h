// "host:port", as people write the address that a coordinator listens at or a client goes to.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace fedround {

struct HostPort {
  std::string host;  // without brackets
  int port = 0;      // 0 .. 65535
};

// Takes nothing that means different things to different programs: the host is a name, an IPv4
// address in full or an IPv6 address in brackets, the port a number.
// Errors: INVALID_ARGUMENT, with `text` and what to write.
absl::StatusOr<HostPort> ParseHostPort(absl::string_view text);

}  // namespace fedround
