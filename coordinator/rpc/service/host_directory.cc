#include "coordinator/rpc/service/host_directory.h"

#include "absl/strings/str_cat.h"

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

bool HostDirectory::HasAny(const std::vector<ClientId>& clients) const {
  MutexLock lock(mutex_);
  for (const ClientId client : clients) {
    if (hosts_.contains(client)) return true;
  }
  return false;
}

absl::Status HostDirectory::CheckPresent(const std::vector<ClientId>& clients, Nanos now) const {
  Hosts hosts;
  {
    MutexLock lock(mutex_);
    for (const ClientId client : clients) {
      const auto found = hosts_.find(client);
      if (found != hosts_.end()) hosts.insert(found->second);
    }
  }
  for (const std::shared_ptr<JoinReactor>& host : hosts) {
    if (host->StandsUpTo(now)) return absl::OkStatus();
  }
  return absl::UnavailableError(absl::StrCat(
      "clients from ", clients.front(),
      " on: their present host is being asked whether it is alive, or is leaving; join again"));
}

void HostDirectory::CloseAll(const absl::Status& status) {
  Hosts hosts;
  {
    MutexLock lock(mutex_);
    for (const auto& [client, host] : hosts_) hosts.insert(host);
  }
  for (const std::shared_ptr<JoinReactor>& host : hosts) host->Close(status);
}

}  // namespace fedround::coordinator
