#include "experiments/simulate/run_in_process_folder.h"

#include <utility>

#include "common/base/io/file.h"
#include "common/base/log.h"
#include "coordinator/run/run_in_folder.h"
#include "experiments/simulate/in_process.h"

namespace fedround::simulate {

std::string InProcessLog(const std::string& folder) { return folder + "/logs/fedround.log"; }

ledger::Verdict RunInProcessFolder(InProcessRun run, SignalFd& signals) {
  // Events report what went wrong; the log has the details.
  const auto drive = [folder = run.folder](coordinator::Coordinator& coordinator,
                                           const std::string&) {
    MakeFolders(folder + "/logs").IgnoreError();  // if that fails, standard error is used
    const LogFile log(InProcessLog(folder));
    return RunInProcess(coordinator, {.state_folder = folder + "/client_state"});
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
