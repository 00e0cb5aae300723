// The kernel's counters of a TCP connection. Its .cc is the only file that knows <linux/tcp.h>.
#pragma once

#include <cstdint>
#include <optional>

namespace fedround::coordinator {

// Bytes of the TCP stream, as this end counts them: no packet headers, handshake or FIN.
struct TcpCounters {
  std::uint64_t sent = 0;  // each byte once; what still waits in the socket has not been sent
  std::uint64_t received = 0;
  std::uint64_t retransmitted = 0;  // sent again, not included in `sent`
  bool ended = false;               // both directions are over: the counters are final
};

// Nothing if `fd` is not a TCP socket, or the kernel is older than these counters (4.19). Once the
// connection has ended, this consumes the socket's pending error, if there is one.
std::optional<TcpCounters> ReadTcpCounters(int fd);

}  // namespace fedround::coordinator
