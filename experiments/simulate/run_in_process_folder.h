// A run in this process that leaves the same run folder as one over gRPC.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/base/process/signals.h"
#include "common/config/experiment.h"
#include "common/ledger/records.h"
#include "common/ledger/run_event.h"

namespace fedround::simulate {

struct InProcessRun {
  Experiment experiment;
  std::string folder;
  std::string replay;                // a run folder; empty: none
  std::vector<std::string> command;  // the one that started the run, for its manifest
  std::function<void(const ledger::RunEvent&)> on_event;
  // Removes the folder, whose lock the caller holds, if a signal ends the process before the run
  // has begun.
  std::function<void()> discard;
};

// The log file of such a run.
std::string InProcessLog(const std::string& folder);

// Runs to the end; a signal that arrives in `signals` stops the run. Always returns a verdict,
// which is also the last event and is written to status.json.
ledger::Verdict RunInProcessFolder(InProcessRun run, SignalFd& signals);

}  // namespace fedround::simulate
