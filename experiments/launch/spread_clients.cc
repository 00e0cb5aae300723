#include <algorithm>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "common/config/experiment.h"
#include "experiments/launch/launcher.h"

namespace fedround::launch {
namespace {

// Data may have hundreds of thousands of clients, and nobody wants a process for each.
constexpr std::uint32_t kMostUnasked = 1000;

}  // namespace

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

absl::Status CheckProcesses(const Experiment& experiment) {
  if (experiment.model.preset == nn::Preset::kExternal &&
      experiment.launch.client_command.empty()) {
    return absl::InvalidArgumentError(
        "launch.client_command: must name the program of the clients if model.preset = "
        "\"external\", since fedround-client cannot train such a model; or start "
        "fedround-coordinator and the clients by hand");
  }
  const std::uint32_t clients = experiment.federation.clients;
  if (experiment.launch.driver == Driver::kInProcess || experiment.launch.processes > 0 ||
      clients <= kMostUnasked) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("launch.processes = 0: a process for each of ", clients,
                   " clients would be more than ", kMostUnasked,
                   "; set launch.processes to the number to start, or launch.driver = "
                   "\"in_process\""));
}

}  // namespace fedround::launch
