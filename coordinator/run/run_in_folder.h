// A run and its folder: what a run leaves, whatever the driver.
//
//   RUN/config.toml          the experiment, fully resolved
//   RUN/manifest.json        what the result depends on
//   RUN/ledger.sqlite, ...   by the coordinator itself
//   RUN/status.json          the verdict; written last
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/process/signals.h"
#include "coordinator/coordinator.h"

namespace fedround::coordinator {

struct FolderRun {
  Experiment experiment;
  std::string folder;
  std::string replay;                // the run folder whose folded sets to fold again; empty: none
  std::vector<std::string> command;  // the one that started the run, for the manifest
  std::function<void(const ledger::RunEvent&)> on_event;
  bool locked = false;  // the caller holds the folder's lock
  // A signal that arrives in it stops the run, even while it is set up; null: the caller handles
  // signals.
  SignalFd* signals = nullptr;
  // Removes the folder if a signal comes before the run has begun; empty: it stays, with a
  // status.json that says so.
  std::function<void()> discard;
};

// Brings clients to the coordinator and calls its Run. Errors: whatever kept the run from starting.
using Drive = std::function<absl::StatusOr<ledger::Verdict>(Coordinator& coordinator,
                                                            const std::string& run_id)>;

// Runs the experiment to its end. Always returns a verdict, which is also the last event (finished)
// and is written to status.json. A folder that already holds a ledger, or that another run has
// locked, is refused and left as it is.
ledger::Verdict RunInFolder(FolderRun run, const Drive& drive);

}  // namespace fedround::coordinator
