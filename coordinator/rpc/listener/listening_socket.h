// A TCP socket to which peers can connect, and the names of those who do.
#pragma once

#include <sys/socket.h>

#include <string>

#include "absl/status/statusor.h"
#include "common/base/io/file.h"

namespace fedround::coordinator {

struct ListeningSocket {
  Fd fd;  // does not block
  int port = 0;
};

// Listens at `address`, "host:port" as in ParseHostPort, at the first address of a name that works;
// port 0 takes a free one. [::] accepts IPv4 as well. Errors: INVALID_ARGUMENT for a malformed
// address; UNAVAILABLE if nothing can listen there, because the port is taken or the address is not
// this machine's.
absl::StatusOr<ListeningSocket> Listen(const std::string& address);

// The host part of "host:port", including brackets.
std::string HostOf(const std::string& address);

// `address` as gRPC names a peer: "ipv4:127.0.0.1:49152", "ipv6:%5B::1%5D:49152". Empty for
// anything but IP.
std::string PeerName(const sockaddr_storage& address);

}  // namespace fedround::coordinator
