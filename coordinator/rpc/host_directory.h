// Which Join call leads to which client. Thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "common/base/mutex.h"
#include "common/round/types.h"
#include "coordinator/rpc/join_reactor.h"

namespace fedround::coordinator {

class HostDirectory {
 public:
  // None of `clients` may be in the directory: the coordinator admits a client once at a time.
  void Add(const std::vector<ClientId>& clients, const std::shared_ptr<JoinReactor>& host);
  void Remove(const std::vector<ClientId>& clients);
  // The host of `client`; null if it has gone.
  std::shared_ptr<JoinReactor> Find(ClientId client) const;
  // Join calls under way.
  std::size_t hosts() const;
  // Lets every host go once what is queued for it has left.
  void CloseAll(const absl::Status& status);

 private:
  mutable Mutex mutex_;
  std::unordered_map<ClientId, std::shared_ptr<JoinReactor>> hosts_ ABSL_GUARDED_BY(mutex_);
  std::size_t joined_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace fedround::coordinator
