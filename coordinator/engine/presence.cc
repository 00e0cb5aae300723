#include "coordinator/engine/presence.h"

#include "coordinator/engine/invariants.h"

namespace fedround::coordinator {

bool Presence::Join(ClientId client) {
  if (client >= clients() || connected_[client]) return false;
  Set(client, /*connected=*/true, /*gone=*/false);
  return true;
}

bool Presence::Leave(ClientId client, Nanos now) {
  if (client >= clients() || !connected_[client]) return false;
  Set(client, /*connected=*/false, gone_[client]);
  if (!gone_[client]) returning_[client] = now + kReturnGrace;
  return true;
}

bool Presence::Gone(ClientId client) {
  if (client >= clients() || gone_[client]) return false;
  Set(client, connected_[client], /*gone=*/true);
  return true;
}

void Presence::Set(ClientId client, bool connected, bool gone) {
  const auto count = [&](std::uint64_t one) {
    if (connected_[client]) connected_count_ += one;
    if (!connected_[client] && !gone_[client]) awaited_count_ += one;
  };
  count(-std::uint64_t{1});
  connected_[client] = connected;
  gone_[client] = gone;
  count(1);
  if (connected || gone) returning_.erase(client);
}

Nanos Presence::ReturnsUntil(ClientId client) const {
  const auto found = returning_.find(client);
  return found == returning_.end() ? 0 : found->second;
}

void Presence::ForgetOverdue(Nanos now) {
  std::erase_if(returning_, [now](const auto& left) { return left.second <= now; });
}

absl::string_view Presence::Broken(bool thorough) const {
  HOLDS(connected_count_ + awaited_count_ <= clients());
  HOLDS(returning_.size() + connected_count_ <= clients());
  if (!thorough) return "";
  std::uint64_t connected = 0;
  std::uint64_t awaited = 0;
  for (ClientId client = 0; client < clients(); ++client) {
    if (connected_[client]) ++connected;
    if (!connected_[client] && !gone_[client]) ++awaited;
  }
  HOLDS(connected == connected_count_);
  HOLDS(awaited == awaited_count_);
  for (const auto& [client, until] : returning_) HOLDS(!connected_[client] && !gone_[client]);
  return "";
}

}  // namespace fedround::coordinator
