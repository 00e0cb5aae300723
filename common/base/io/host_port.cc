#include "common/base/io/host_port.h"

#include <arpa/inet.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"

namespace fedround {
namespace {

constexpr int kLargestPort = 65535;
constexpr std::size_t kLongestName = 253;  // of DNS

absl::Status BadAddress(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("\"", text, "\": ", why));
}

bool IsIpv6(const std::string& host) {
  // A percent sign is followed by an interface, which inet_pton does not accept.
  in6_addr ignored{};
  return inet_pton(AF_INET6, host.substr(0, host.find('%')).c_str(), &ignored) == 1;
}

absl::StatusOr<int> ParsePort(absl::string_view text, absl::string_view digits) {
  int port = 0;
  const bool is_number = std::ranges::all_of(digits, absl::ascii_isdigit);
  if (!is_number || !absl::SimpleAtoi(digits, &port) || port > kLargestPort) {
    return BadAddress(text, absl::StrCat("must end in a port from 0 to ", kLargestPort));
  }
  return port;
}

absl::Status CheckHost(absl::string_view text, const std::string& host) {
  if (host.find(':') != std::string::npos) {
    return BadAddress(text, "must be host:port; put an IPv6 address in brackets, like [::1]:7000");
  }
  const auto in_a_name = [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '.' || c == '-' || c == '_';
  };
  if (host.empty() || host.size() > kLongestName || !std::ranges::all_of(host, in_a_name)) {
    return BadAddress(text, "must be host:port, the host a name or an address");
  }
  // "127.1" and "0x7f000001" are 127.0.0.1 to some programs and names to others.
  in_addr address{};
  if (inet_aton(host.c_str(), &address) != 0 && inet_pton(AF_INET, host.c_str(), &address) != 1) {
    return BadAddress(text, absl::StrCat("write the address in full: ", inet_ntoa(address)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<HostPort> ParseHostPort(absl::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos) {
    return BadAddress(text, "must be host:port, like 127.0.0.1:7000");
  }
  absl::string_view host = text.substr(0, colon);
  HostPort parsed;
  if (absl::ConsumePrefix(&host, "[")) {
    parsed.host = std::string(host.substr(0, host.size() - 1));
    if (!absl::ConsumeSuffix(&host, "]") || !IsIpv6(parsed.host)) {
      return BadAddress(text, "in brackets must be an IPv6 address, like [::1]:7000");
    }
  } else {
    parsed.host = std::string(host);
    RETURN_IF_ERROR(CheckHost(text, parsed.host));
  }
  ASSIGN_OR_RETURN(parsed.port, ParsePort(text, text.substr(colon + 1)));
  return parsed;
}

}  // namespace fedround
