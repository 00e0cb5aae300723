#include "experiments/simulate/run_in_process_folder.h"

#include <utility>

#include "coordinator/run_in_folder.h"
#include "experiments/simulate/in_process.h"

namespace fedround::simulate {

ledger::Verdict RunInProcessFolder(InProcessRun run, SignalFd& signals) {
  const auto drive = [](coordinator::Coordinator& coordinator, const std::string&) {
    return RunInProcess(coordinator, {});
  };
  return coordinator::RunInFolder({.experiment = std::move(run.experiment),
                                   .folder = std::move(run.folder),
                                   .replay = std::move(run.replay),
                                   .command = std::move(run.command),
                                   .on_event = std::move(run.on_event),
                                   .locked = true,
                                   .signals = &signals,
                                   .discard = std::move(run.discard)},
                                  drive);
}

}  // namespace fedround::simulate
