// "host:port": the address at which a coordinator listens, as people write it.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace fedround {

struct HostPort {
  std::string host;  // without brackets
  int port = 0;      // 0 .. 65535
};

// Accepts nothing that means different things to different programs: the host is a name, a complete
// IPv4 address or an IPv6 address in brackets, the port a number.
// Errors: INVALID_ARGUMENT, with `text` and what to write.
absl::StatusOr<HostPort> ParseHostPort(absl::string_view text);

}  // namespace fedround
