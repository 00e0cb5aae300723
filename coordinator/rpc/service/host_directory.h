// Which Join call leads to which client. Thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "absl/status/status.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/round/types.h"
#include "coordinator/rpc/service/join_reactor.h"

namespace fedround::coordinator {

class HostDirectory {
 public:
  // None of `clients` may be in the directory: the coordinator admits a client once at a time.
  void Add(const std::vector<ClientId>& clients, const std::shared_ptr<JoinReactor>& host);
  void Remove(const std::vector<ClientId>& clients);
  // The host of `client`; null if it is gone.
  std::shared_ptr<JoinReactor> Find(ClientId client) const;
  // Whether one of `clients` has a host.
  bool HasAny(const std::vector<ClientId>& clients) const;
  // How many Join calls are under way.
  std::size_t hosts() const;
  // A new host wants to join with `clients`, some of which still count as connected. OK if one of
  // their present hosts is alive. UNAVAILABLE if the new host should come again soon: the present
  // hosts are being asked whether they are alive, or are being disconnected.
  absl::Status CheckPresent(const std::vector<ClientId>& clients, Nanos now) const;
  // Ends every host's call once what is queued for it has been sent.
  void CloseAll(const absl::Status& status);

 private:
  using Hosts = std::unordered_set<std::shared_ptr<JoinReactor>>;

  mutable Mutex mutex_;
  std::unordered_map<ClientId, std::shared_ptr<JoinReactor>> hosts_ ABSL_GUARDED_BY(mutex_);
  std::size_t joined_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace fedround::coordinator
