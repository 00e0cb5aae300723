#include <algorithm>
#include <numeric>

#include "experiments/launch/launcher.h"

namespace fedround::launch {

std::vector<std::vector<ClientId>> SpreadClients(std::uint64_t clients, std::uint64_t processes) {
  const std::uint64_t hosts = processes == 0 ? clients : std::min(processes, clients);
  std::vector<std::vector<ClientId>> spread(hosts);
  ClientId next = 0;
  for (std::uint64_t host = 0; host < hosts; ++host) {
    spread[host].resize(clients / hosts + (host < clients % hosts ? 1 : 0));
    std::iota(spread[host].begin(), spread[host].end(), next);
    next += spread[host].size();
  }
  return spread;
}

}  // namespace fedround::launch
