// A TCP socket that peers can connect to, and the names of those who do.
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

// Listens at `address`, "host:port" as ParseHostPort takes it, at the first address of a name that
// works; port 0 takes a free one. [::] takes IPv4, too.
// Errors: INVALID_ARGUMENT for an address that is none; UNAVAILABLE if nothing can listen there,
// because the port is taken or the address is not this machine's.
absl::StatusOr<ListeningSocket> Listen(const std::string& address);

// The host part of "host:port", brackets and all.
std::string HostOf(const std::string& address);

// `address` as gRPC names a peer: "ipv4:127.0.0.1:49152", "ipv6:%5B::1%5D:49152". Empty for
// anything but IP.
std::string PeerName(const sockaddr_storage& address);

}  // namespace fedround::coordinator
