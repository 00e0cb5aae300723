#include "coordinator/rpc/listener/tcp_counters.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstring>

namespace fedround::coordinator {
namespace {

// States of a connection as in tcpi_state; <netinet/tcp.h> names them but cannot be included
// together with <linux/tcp.h>.
enum TcpState : std::uint8_t { kClose = 7, kCloseWait = 8, kLastAck = 9, kClosing = 11 };

std::optional<tcp_info> ReadOnce(int fd) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  constexpr std::size_t kNeeded =
      offsetof(tcp_info, tcpi_bytes_retrans) + sizeof(info.tcpi_bytes_retrans);
  if (size < kNeeded) return std::nullopt;
  return info;
}

// The kernel reads the state before it locks the connection and the counters afterwards: a FIN in
// between is in the bytes but not yet in the state. No state is entered twice, so if two reads
// agree, the first one's counters belong to its state.
std::optional<tcp_info> ReadConsistent(int fd) {
  std::optional<tcp_info> info = ReadOnce(fd);
  while (info.has_value()) {
    const std::optional<tcp_info> again = ReadOnce(fd);
    if (again.has_value() && again->tcpi_state == info->tcpi_state) break;
    info = again;
  }
  return info;
}

// The kernel's hint of bytes to read, which is one higher than their number once a FIN has come;
// nothing if the connection failed before one came.
std::optional<int> UnreadHint(int fd) {
  const int on = 1;
  if (setsockopt(fd, IPPROTO_TCP, TCP_INQ, &on, sizeof(on)) != 0) return std::nullopt;
  std::byte byte;
  iovec space{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &space;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  if (recvmsg(fd, &message, MSG_PEEK | MSG_DONTWAIT) < 0) return std::nullopt;
  const cmsghdr* found = CMSG_FIRSTHDR(&message);
  if (found == nullptr || found->cmsg_level != IPPROTO_TCP || found->cmsg_type != TCP_CM_INQ) {
    return std::nullopt;
  }
  int hint = 0;
  std::memcpy(&hint, CMSG_DATA(found), sizeof(hint));
  return hint;
}

// Whether the peer's side of a connection in state CLOSE ended with a FIN, not with a reset.
bool EndedByFin(int fd) {
  while (true) {
    int before = 0;
    int after = 0;
    if (ioctl(fd, SIOCINQ, &before) != 0) return false;
    const std::optional<int> hint = UnreadHint(fd);
    if (!hint.has_value() || ioctl(fd, SIOCINQ, &after) != 0) return false;
    // If they differ, somebody has read from the socket meanwhile.
    if (before == after) return *hint > before;
  }
}

// A FIN occupies a place in the stream, and the kernel counts it with the bytes received as soon as
// it comes. CLOSE_WAIT, LAST_ACK and CLOSING are the states after a FIN; CLOSE may follow a FIN or
// a reset, which counts nothing. (TIME_WAIT shows as CLOSE to the owner of the descriptor.) Our own
// FIN is in no counter of bytes sent. All this was found by experiment, and the tests check it.
bool FinReceived(int fd, std::uint8_t state) {
  switch (state) {
    case kCloseWait:
    case kLastAck:
    case kClosing:
      return true;
    case kClose:
      return EndedByFin(fd);
    default:
      return false;
  }
}

// The kernel updates the two counters at different moments, so a part may exceed its whole.
std::uint64_t Minus(std::uint64_t count, std::uint64_t part) {
  return count > part ? count - part : 0;
}

}  // namespace

std::optional<TcpCounters> ReadTcpCounters(int fd) {
  const std::optional<tcp_info> info = ReadConsistent(fd);
  if (!info.has_value()) return std::nullopt;
  const std::uint64_t fin = FinReceived(fd, info->tcpi_state) ? 1 : 0;
  return TcpCounters{.sent = Minus(info->tcpi_bytes_sent, info->tcpi_bytes_retrans),
                     .received = Minus(info->tcpi_bytes_received, fin),
                     .retransmitted = info->tcpi_bytes_retrans,
                     .ended = info->tcpi_state == kClose};
}

}  // namespace fedround::coordinator
