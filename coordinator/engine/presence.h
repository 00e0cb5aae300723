// Which clients are connected, and which of the others may still come.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/base/clock.h"
#include "common/round/types.h"

namespace fedround::coordinator {

// A client is connected, gone (its process has ended), or awaited.
class Presence {
 public:
  // How long to wait for a client that left if there is nobody else to wait for: a host whose
  // connection broke joins again by itself, within a second or so.
  static constexpr Nanos kReturnGrace = 4 * kNanosPerSecond;

  explicit Presence(std::uint64_t clients)
      : connected_(clients, false), gone_(clients, false), awaited_count_(clients) {}

  // All return whether that is news: of a client that there is, and that was not so already.
  bool Join(ClientId client);
  bool Leave(ClientId client, Nanos now);
  // Its process has ended. If it is still connected, its connection will end as well; then it is
  // not waited for again.
  bool Gone(ClientId client);

  std::uint64_t clients() const { return connected_.size(); }
  bool connected(ClientId client) const { return connected_[client]; }
  std::uint64_t connected_count() const { return connected_count_; }
  std::uint64_t awaited_count() const { return awaited_count_; }

  // Until when to wait for one that left; 0: it is back, gone for good, or was never there.
  Nanos ReturnsUntil(ClientId client) const;
  // Forgets those whose time to return is over.
  void ForgetOverdue(Nanos now);

  // The first violated condition, as text; "": none. Takes constant time or, if `thorough`, a walk
  // over the clients.
  absl::string_view Broken(bool thorough) const;

 private:
  // The only way a client comes or goes: keeps the counts in step.
  void Set(ClientId client, bool connected, bool gone);

  std::vector<bool> connected_;  // by client
  std::vector<bool> gone_;       // by client
  std::uint64_t connected_count_ = 0;
  std::uint64_t awaited_count_ = 0;
  // Clients that left, and until when each may come back. Those that are back or gone for good are
  // not in it.
  std::map<ClientId, Nanos> returning_;
};

}  // namespace fedround::coordinator
