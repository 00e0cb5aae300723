// All accepted connections: which of them are open, which belong to clients, what moved.
//
// A connection is a stranger until its first call is authenticated. Anybody can be a stranger, so
// they leave nothing behind but a count; the others are kept for the record after they end.
// Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "common/base/mutex.h"
#include "coordinator/rpc/listener/connection.h"

namespace fedround::coordinator {

class ConnectionTable {
 public:
  explicit ConnectionTable(bool count_wire) : count_wire_(count_wire) {}

  // ---- for the listener ----

  // Numbers connections 1, 2, ... in this order.
  std::shared_ptr<Connection> Add(std::string peer, Fd socket, Nanos now);
  // The connection has ended. Each one that was added is removed once.
  void Remove(const std::shared_ptr<Connection>& connection, Nanos now);
  // Its first call has the token: it belongs to a client.
  void Authenticated(const std::shared_ptr<Connection>& connection);
  std::size_t strangers() const;
  // How many connections ended as strangers.
  std::uint64_t strangers_dropped() const;

  // ---- for the calls ----

  // The connection with this peer. Never null: for a peer that is not in the table (a call may
  // start while its connection ends) it is one whose counters nobody reads.
  std::shared_ptr<Connection> Find(const std::string& peer) const;

  // ---- for the record, of connections that clients have used, in order of number ----

  std::vector<ledger::TrafficRecord> TakeTraffic(std::uint32_t round);
  std::vector<ledger::ConnectionRecord> Connections() const;

 private:
  std::vector<std::shared_ptr<Connection>> Clients() const;

  const bool count_wire_;
  mutable Mutex mutex_;
  std::uint64_t last_id_ ABSL_GUARDED_BY(mutex_) = 0;
  std::uint64_t strangers_dropped_ ABSL_GUARDED_BY(mutex_) = 0;
  std::unordered_map<std::string, std::shared_ptr<Connection>> by_peer_
      ABSL_GUARDED_BY(mutex_);                                           // open
  std::unordered_set<std::uint64_t> strangers_ ABSL_GUARDED_BY(mutex_);  // open
  // By number, open or not.
  std::map<std::uint64_t, std::shared_ptr<Connection>> clients_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fedround::coordinator
