#include "coordinator/rpc/listener/connection.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <utility>

#include "coordinator/rpc/listener/tcp_counters.h"

namespace fedround::coordinator {
namespace {

constexpr std::uint64_t ledger::TrafficRecord::*kCounts[] = {
    &ledger::TrafficRecord::calls,
    &ledger::TrafficRecord::payload_bytes_down,
    &ledger::TrafficRecord::payload_bytes_up,
    &ledger::TrafficRecord::message_bytes_down,
    &ledger::TrafficRecord::message_bytes_up,
    &ledger::TrafficRecord::wire_bytes_down,
    &ledger::TrafficRecord::wire_bytes_up,
    &ledger::TrafficRecord::retransmitted_bytes_down,
};
// How often to read from a refused connection: enough for all that a socket holds.
constexpr int kMostDrops = 64;

}  // namespace

Connection::Connection(std::uint64_t id, std::string peer, Fd socket, Nanos opened_ns,
                       bool count_wire)
    : id_(id),
      peer_(std::move(peer)),
      opened_ns_(opened_ns),
      count_wire_(count_wire),
      socket_(std::move(socket)) {}

void Connection::CountDown(std::uint64_t payload_bytes, std::uint64_t message_bytes) {
  Add(payload_down_, payload_bytes);
  Add(message_down_, message_bytes);
}

void Connection::CountUp(std::uint64_t payload_bytes, std::uint64_t message_bytes) {
  Add(payload_up_, payload_bytes);
  Add(message_up_, message_bytes);
}

void Connection::Carry(ClientId client) {
  ClientId expected = kNobody;
  client_.compare_exchange_strong(expected, client, std::memory_order_relaxed);
}

Fd Connection::Duplicate() const {
  MutexLock lock(mutex_);
  return Fd(fcntl(socket_.get(), F_DUPFD_CLOEXEC, 0));
}

std::size_t Connection::Peek(std::span<char> space) const {
  MutexLock lock(mutex_);
  const ssize_t size = recv(socket_.get(), space.data(), space.size(), MSG_PEEK | MSG_DONTWAIT);
  return size < 0 ? 0 : static_cast<std::size_t>(size);
}

void Connection::Send(absl::string_view bytes) {
  MutexLock lock(mutex_);
  // If it cannot be sent, the connection has ended, which is reported separately.
  [[maybe_unused]] const ssize_t sent =
      send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void Connection::SendLast(absl::string_view bytes) {
  Send(bytes);
  MutexLock lock(mutex_);
  shutdown(socket_.get(), SHUT_WR);
  // A peer that goes on sending meets a full buffer.
  const int least = 0;
  setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &least, sizeof(least));
  char dropped[4096];
  for (int i = 0; i < kMostDrops; ++i) {
    if (recv(socket_.get(), dropped, sizeof(dropped), MSG_DONTWAIT) <= 0) return;
  }
}

void Connection::Cut() {
  MutexLock lock(mutex_);
  if (socket_.valid()) shutdown(socket_.get(), SHUT_RDWR);
}

bool Connection::IsOver() {
  MutexLock lock(mutex_);
  return SampleWire();
}

void Connection::Close(Nanos now) {
  MutexLock lock(mutex_);
  SampleWire();
  socket_ = Fd();
  closed_ns_ = now;
}

// Returns whether the counters are final, or cannot be read at all.
bool Connection::SampleWire() {
  if (!count_wire_ || !socket_.valid()) return true;
  const std::optional<TcpCounters> counters = ReadTcpCounters(socket_.get());
  if (!counters.has_value()) return true;
  wire_.wire_bytes_down = counters->sent;
  wire_.wire_bytes_up = counters->received;
  wire_.retransmitted_bytes_down = counters->retransmitted;
  return counters->ended;
}

std::uint64_t Connection::WireBytes() const {
  MutexLock lock(mutex_);
  if (!socket_.valid()) return 0;
  const std::optional<TcpCounters> counters = ReadTcpCounters(socket_.get());
  return counters.has_value() ? counters->sent + counters->received : 0;
}

std::optional<ledger::TrafficRecord> Connection::TakeTraffic(std::uint32_t round) {
  MutexLock lock(mutex_);
  SampleWire();
  ledger::TrafficRecord total = wire_;
  total.calls = calls_.load(std::memory_order_relaxed);
  total.payload_bytes_down = payload_down_.load(std::memory_order_relaxed);
  total.payload_bytes_up = payload_up_.load(std::memory_order_relaxed);
  total.message_bytes_down = message_down_.load(std::memory_order_relaxed);
  total.message_bytes_up = message_up_.load(std::memory_order_relaxed);
  ledger::TrafficRecord moved{.round = round, .connection = id_};
  bool any = false;
  for (const auto count : kCounts) {
    // Sums never shrink, whatever the kernel says.
    total.*count = std::max(total.*count, taken_.*count);
    moved.*count = total.*count - taken_.*count;
    any |= moved.*count != 0;
  }
  taken_ = total;
  if (!any) return std::nullopt;
  return moved;
}

ledger::ConnectionRecord Connection::Record() const {
  MutexLock lock(mutex_);
  ledger::ConnectionRecord record{.connection = id_,
                                  .peer = peer_,
                                  .opened_ns = opened_ns_,
                                  .closed_ns = closed_ns_,
                                  .calls = taken_.calls,
                                  .wire_bytes_down = taken_.wire_bytes_down,
                                  .wire_bytes_up = taken_.wire_bytes_up,
                                  .retransmitted_bytes_down = taken_.retransmitted_bytes_down};
  const ClientId client = client_.load(std::memory_order_relaxed);
  if (client != kNobody) record.client = client;
  return record;
}

}  // namespace fedround::coordinator
