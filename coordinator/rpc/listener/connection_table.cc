#include "coordinator/rpc/listener/connection_table.h"

#include <utility>

namespace fedround::coordinator {

std::shared_ptr<Connection> ConnectionTable::Add(std::string peer, Fd socket, Nanos now) {
  MutexLock lock(mutex_);
  auto connection = std::make_shared<Connection>(++last_id_, std::move(peer), std::move(socket),
                                                 now, count_wire_);
  by_peer_.insert_or_assign(connection->peer(), connection);
  strangers_.insert(connection->id());
  return connection;
}

void ConnectionTable::Remove(const std::shared_ptr<Connection>& connection, Nanos now) {
  {
    MutexLock lock(mutex_);
    // There may already be a new connection from the same port.
    const auto found = by_peer_.find(connection->peer());
    if (found != by_peer_.end() && found->second == connection) by_peer_.erase(found);
    if (strangers_.erase(connection->id()) > 0) {
      ++strangers_dropped_;
      return;
    }
  }
  connection->Close(now);
}

void ConnectionTable::Authenticated(const std::shared_ptr<Connection>& connection) {
  MutexLock lock(mutex_);
  if (strangers_.erase(connection->id()) > 0) clients_.emplace(connection->id(), connection);
}

std::size_t ConnectionTable::strangers() const {
  MutexLock lock(mutex_);
  return strangers_.size();
}

std::uint64_t ConnectionTable::strangers_dropped() const {
  MutexLock lock(mutex_);
  return strangers_dropped_;
}

std::shared_ptr<Connection> ConnectionTable::Find(const std::string& peer) const {
  MutexLock lock(mutex_);
  const auto found = by_peer_.find(peer);
  if (found == by_peer_.end()) return std::make_shared<Connection>(0, peer, Fd(), 0, false);
  return found->second;
}

// A copy, so that no call waits for the table while the counters of a thousand sockets are read.
std::vector<std::shared_ptr<Connection>> ConnectionTable::Clients() const {
  MutexLock lock(mutex_);
  std::vector<std::shared_ptr<Connection>> connections;
  connections.reserve(clients_.size());
  for (const auto& [id, connection] : clients_) connections.push_back(connection);
  return connections;
}

std::vector<ledger::TrafficRecord> ConnectionTable::TakeTraffic(std::uint32_t round) {
  std::vector<ledger::TrafficRecord> records;
  for (const std::shared_ptr<Connection>& connection : Clients()) {
    const auto moved = connection->TakeTraffic(round);
    if (moved.has_value()) records.push_back(*moved);
  }
  return records;
}

std::vector<ledger::ConnectionRecord> ConnectionTable::Connections() const {
  std::vector<ledger::ConnectionRecord> records;
  for (const std::shared_ptr<Connection>& connection : Clients()) {
    records.push_back(connection->Record());
  }
  return records;
}

}  // namespace fedround::coordinator
