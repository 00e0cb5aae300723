// What the kernel counts of one TCP connection. The only file that knows <linux/tcp.h>.
#pragma once

#include <cstdint>
#include <optional>

namespace fedround::coordinator {

// Bytes of the TCP stream, as this end counts them: no packet headers, handshake or FIN.
struct TcpCounters {
  std::uint64_t sent = 0;  // once each; what still waits in the socket is not sent
  std::uint64_t received = 0;
  std::uint64_t retransmitted = 0;  // sent again, beside `sent`
  bool ended = false;               // both directions are over: the counters are final
};

// Nothing if `fd` is no TCP socket, or the kernel is older than these counters (4.19). Takes the
// socket's pending error, if there is one, once the connection has ended.
std::optional<TcpCounters> ReadTcpCounters(int fd);

}  // namespace fedround::coordinator
