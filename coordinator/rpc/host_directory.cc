#include "coordinator/rpc/host_directory.h"

#include <unordered_set>

namespace fedround::coordinator {

void HostDirectory::Add(const std::vector<ClientId>& clients,
                        const std::shared_ptr<JoinReactor>& host) {
  MutexLock lock(mutex_);
  for (const ClientId client : clients) hosts_.insert_or_assign(client, host);
  ++joined_;
}

void HostDirectory::Remove(const std::vector<ClientId>& clients) {
  MutexLock lock(mutex_);
  for (const ClientId client : clients) hosts_.erase(client);
  --joined_;
}

std::size_t HostDirectory::hosts() const {
  MutexLock lock(mutex_);
  return joined_;
}

std::shared_ptr<JoinReactor> HostDirectory::Find(ClientId client) const {
  MutexLock lock(mutex_);
  const auto found = hosts_.find(client);
  return found == hosts_.end() ? nullptr : found->second;
}

void HostDirectory::CloseAll(const absl::Status& status) {
  std::unordered_set<std::shared_ptr<JoinReactor>> hosts;
  {
    MutexLock lock(mutex_);
    for (const auto& [client, host] : hosts_) hosts.insert(host);
  }
  for (const std::shared_ptr<JoinReactor>& host : hosts) host->Close(status);
}

}  // namespace fedround::coordinator
