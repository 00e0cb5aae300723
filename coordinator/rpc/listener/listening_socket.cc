#include "coordinator/rpc/listener/listening_socket.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/io/host_port.h"
#include "common/base/status_macros.h"

namespace fedround::coordinator {
namespace {

// The kernel lowers it to net.core.somaxconn. A thousand clients may connect at the same moment,
// and those that do not fit try again only after a second.
constexpr int kBacklog = 4096;

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

absl::StatusOr<Addresses> Resolve(const std::string& address) {
  ASSIGN_OR_RETURN(const HostPort parsed, ParseHostPort(address));
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(parsed.host.c_str(), std::to_string(parsed.port).c_str(), &hints, &found);
  if (error != 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", address, ": ", gai_strerror(error)));
  }
  return Addresses(found, &freeaddrinfo);
}

Fd ListenAt(const addrinfo& address) {
  Fd fd(socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return fd;
  const int on = 1;
  const int off = 0;
  // A restart must not wait for the old connections' TIME_WAIT. Not SO_REUSEPORT: two coordinators
  // would share a port, and clients would reach either.
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (address.ai_family == AF_INET6) {
    setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
  }
  const bool listens =
      bind(fd.get(), address.ai_addr, address.ai_addrlen) == 0 && listen(fd.get(), kBacklog) == 0;
  return listens ? std::move(fd) : Fd();
}

int PortOf(const Fd& fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  // The port is in the same place in both families.
  return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

}  // namespace

absl::StatusOr<ListeningSocket> Listen(const std::string& address) {
  ASSIGN_OR_RETURN(const Addresses addresses, Resolve(address));
  for (const addrinfo* next = addresses.get(); next != nullptr; next = next->ai_next) {
    Fd fd = ListenAt(*next);
    if (!fd.valid()) continue;
    const int port = PortOf(fd);
    return ListeningSocket{std::move(fd), port};
  }
  return absl::UnavailableError(absl::StrCat("cannot listen on ", address,
                                             ": another program has this port, or the address is "
                                             "not this machine's; port 0 takes a free one"));
}

std::string HostOf(const std::string& address) { return address.substr(0, address.rfind(':')); }

std::string PeerName(const sockaddr_storage& address) {
  char host[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    const auto& ipv4 = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &ipv4.sin_addr, host, sizeof(host));
    return absl::StrCat("ipv4:", host, ":", ntohs(ipv4.sin_port));
  }
  if (address.ss_family != AF_INET6) return "";
  const auto& ipv6 = reinterpret_cast<const sockaddr_in6&>(address);
  const int port = ntohs(ipv6.sin6_port);
  if (IN6_IS_ADDR_V4MAPPED(&ipv6.sin6_addr)) {
    inet_ntop(AF_INET, &ipv6.sin6_addr.s6_addr[12], host, sizeof(host));
    return absl::StrCat("ipv4:", host, ":", port);
  }
  inet_ntop(AF_INET6, &ipv6.sin6_addr, host, sizeof(host));
  // gRPC's name is the path of a URI, in which brackets and percent signs are escaped.
  const std::string scope = ipv6.sin6_scope_id == 0 ? "" : absl::StrCat("%25", ipv6.sin6_scope_id);
  return absl::StrCat("ipv6:%5B", host, scope, "%5D:", port);
}

}  // namespace fedround::coordinator
