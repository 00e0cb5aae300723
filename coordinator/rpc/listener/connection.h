// One accepted connection and what has moved over it: calls, messages, bytes of the wire.
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
  // `peer` as gRPC names it. Without `count_wire` the kernel's counters are left alone.
  Connection(std::uint64_t id, std::string peer, Fd socket, Nanos opened_ns, bool count_wire);

  std::uint64_t id() const { return id_; }
  const std::string& peer() const { return peer_; }

  // ---- for the calls on it: "down" is from the coordinator to the client ----

  void CountCall() { Add(calls_, 1); }
  void CountDown(std::uint64_t payload_bytes, std::uint64_t message_bytes);
  void CountUp(std::uint64_t payload_bytes, std::uint64_t message_bytes);
  // A call of `client` goes over it. The first one gives the connection its name.
  void Carry(ClientId client);

  // ---- for whoever watches whether a transfer moves ----

  // The bytes of the TCP stream so far, both ways; 0 if the kernel does not say.
  std::uint64_t WireBytes() const;

  // ---- for the listener ----

  // For gRPC. Invalid if the system has no descriptor left.
  Fd Duplicate() const;
  // The bytes that have come, from the first that nobody has taken, as many as `space` has room
  // for. They stay. Returns how many are in `space`.
  std::size_t Peek(std::span<char> space) const;
  // Sends a few bytes to a peer that has got none so far: they fit in any socket's buffer.
  void Send(absl::string_view bytes);
  // The same, and nothing after them. What has come is dropped: a connection that is closed with
  // bytes unread takes back what was sent.
  void SendLast(absl::string_view bytes);
  // Ends the connection: gRPC, which reads from it, finds its end.
  void Cut();
  // True once nothing can move any more, so that the counters are final.
  bool IsOver();
  // Reads the counters a last time and gives the descriptor back.
  void Close(Nanos now);

  // ---- for the record ----

  // What moved since the last call; nothing if nothing did. The sums of these are what Record says.
  std::optional<ledger::TrafficRecord> TakeTraffic(std::uint32_t round);
  // As of the last TakeTraffic.
  ledger::ConnectionRecord Record() const;

 private:
  static constexpr ClientId kNobody = std::numeric_limits<ClientId>::max();

  // These counts guard nothing else: any order will do.
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
  // Totals since it was opened: only the wire counts in the first, all of them in the second.
  ledger::TrafficRecord wire_ ABSL_GUARDED_BY(mutex_);
  ledger::TrafficRecord taken_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fedround::coordinator
