#include "experiments/simulate/run_in_process_folder.h"

#include <csignal>
#include <utility>

#include "common/base/exit_code.h"
#include "coordinator/run_in_folder.h"
#include "experiments/simulate/in_process.h"

namespace fedround::simulate {

ledger::Verdict RunInProcessFolder(InProcessRun run, SignalFd& signals) {
  const auto drive = [&signals](coordinator::Coordinator& coordinator, const std::string&) {
    const SignalWatcher watcher(signals, [&coordinator](int signal) {
      coordinator.Stop(signal == SIGINT ? "interrupted" : "terminated",
                       exit_code::OfSignal(signal));
    });
    return RunInProcess(coordinator, {});
  };
  return coordinator::RunInFolder({.experiment = std::move(run.experiment),
                                   .folder = std::move(run.folder),
                                   .replay = std::move(run.replay),
                                   .command = std::move(run.command),
                                   .on_event = std::move(run.on_event)},
                                  drive);
}

}  // namespace fedround::simulate
