#include "experiments/simulate/in_process.h"

#include <numeric>
#include <thread>

#include "client/client_host.h"
#include "common/base/log.h"
#include "experiments/simulate/in_process_link.h"

namespace fedround::simulate {

absl::StatusOr<ledger::Verdict> RunInProcess(coordinator::Coordinator& coordinator,
                                             const InProcessOptions& options) {
  InProcessLink link(coordinator, options.shuffle_arrivals);
  client::HostOptions host{
      .clients = std::vector<ClientId>(coordinator.experiment().federation.clients),
      .threads = options.threads,
      .state_folder = options.state_folder};
  std::iota(host.clients.begin(), host.clients.end(), ClientId{0});
  absl::Status host_status;
  std::thread clients([&] {
    host_status = client::RunClientHost(link, host).status();
    if (host_status.ok()) return;
    LogError(host_status.ToString());
    coordinator.Stop(host_status.message(), /*exit_code=*/1);
  });
  const ledger::Verdict verdict = coordinator.Run(link);
  link.Close();
  clients.join();
  if (!host_status.ok() && verdict.outcome == RunOutcome::kStopped) return host_status;
  return verdict;
}

}  // namespace fedround::simulate
