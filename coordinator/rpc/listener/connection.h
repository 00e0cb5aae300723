// One accepted connection and what has moved over it: calls, messages, bytes on the wire.
//
// gRPC gets a duplicate of the descriptor; this one stays for the kernel's counters and to end the
// connection. Thread-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>

#include "absl/strings/string_view.h"
#include "common/base/clock.h"
#include "common/base/io/file.h"
#include "common/base/mutex.h"
#include "common/ledger/records.h"
#include "common/round/types.h"

namespace fedround::coordinator {

class Connection {
 public:
  // `peer` as gRPC names it. Without `count_wire` the kernel's counters are not read.
  Connection(std::uint64_t id, std::string peer, Fd socket, Nanos opened_ns, bool count_wire);

  std::uint64_t id() const { return id_; }
  const std::string& peer() const { return peer_; }

  // ---- for the calls on it: "down" is from the coordinator to the client ----

  void CountCall() { Add(calls_, 1); }
  void CountDown(std::uint64_t payload_bytes, std::uint64_t message_bytes);
  void CountUp(std::uint64_t payload_bytes, std::uint64_t message_bytes);
  // A call of `client` uses it. The first one decides whose connection it is.
  void Carry(ClientId client);

  // ---- for watching whether a transfer moves ----

  // The bytes of the TCP stream so far, in both directions; 0 if the kernel does not say.
  std::uint64_t WireBytes() const;

  // ---- for the listener ----

  // For gRPC. Invalid if the system has no descriptor left.
  Fd Duplicate() const;
  // Copies the bytes that have come and not been read, as many as fit into `space`, without
  // consuming them. Returns how many there are in `space`.
  std::size_t Peek(std::span<char> space) const;
  // Sends a few bytes to a peer that has received none so far: they fit into any socket's buffer.
  void Send(absl::string_view bytes);
  // The same, and nothing after them. Drops what has come: closing a connection with unread bytes
  // would discard what was sent.
  void SendLast(absl::string_view bytes);
  // Ends the connection: gRPC, which reads from it, sees its end.
  void Cut();
  // Whether nothing can move any more, so that the counters are final.
  bool IsOver();
  // Reads the counters a last time and closes the descriptor.
  void Close(Nanos now);

  // ---- for the record ----

  // What moved since the last call; nothing if nothing did. These sum up to what Record says.
  std::optional<ledger::TrafficRecord> TakeTraffic(std::uint32_t round);
  // As of the last TakeTraffic.
  ledger::ConnectionRecord Record() const;

 private:
  static constexpr ClientId kNobody = std::numeric_limits<ClientId>::max();

  // These counters guard nothing else: any memory order will do.
  static void Add(std::atomic<std::uint64_t>& count, std::uint64_t more) {
    count.fetch_add(more, std::memory_order_relaxed);
  }
  bool SampleWire() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::uint64_t id_;
  const std::string peer_;
  const Nanos opened_ns_;
  const bool count_wire_;
  std::atomic<ClientId> client_{kNobody};
  std::atomic<std::uint64_t> calls_{0};
  std::atomic<std::uint64_t> payload_down_{0}, payload_up_{0}, message_down_{0}, message_up_{0};

  mutable Mutex mutex_;
  Fd socket_ ABSL_GUARDED_BY(mutex_);
  std::optional<Nanos> closed_ns_ ABSL_GUARDED_BY(mutex_);
  // Totals since it was opened: the wire's counters only, and all of them as last taken.
  ledger::TrafficRecord wire_ ABSL_GUARDED_BY(mutex_);
  ledger::TrafficRecord taken_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fedround::coordinator
