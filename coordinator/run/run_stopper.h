// What SIGINT and SIGTERM do to a run, from the beginning of its set-up to its end.
//
// Before the run has begun there is nothing worth keeping: what was made is removed, and the
// process ends. From then on the first signal asks the run to stop, which leaves a complete record;
// signals in the next two seconds count as the same request, and a later one ends the process at
// once.
#pragma once

#include <functional>

#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/base/process/signals.h"
#include "common/ledger/records.h"
#include "coordinator/coordinator.h"

namespace fedround::coordinator {

class RunStopper {
 public:
  // `abandon` removes what exists of a run that has not begun; it is called on the stopper's own
  // thread, while the run is still being set up, just before the process ends. `signals` must
  // outlive the stopper. `clock` is for tests.
  RunStopper(SignalFd& signals, std::function<void(const ledger::Verdict&)> abandon,
             std::function<Nanos()> clock = MonotonicNow);

  // The run begins; `coordinator` must live until End.
  void Begin(Coordinator& coordinator);
  void End();

 private:
  void OnSignal(int signal);

  const std::function<void(const ledger::Verdict&)> abandon_;
  const std::function<Nanos()> clock_;
  Mutex mutex_;
  bool begun_ ABSL_GUARDED_BY(mutex_) = false;
  Coordinator* coordinator_ ABSL_GUARDED_BY(mutex_) = nullptr;
  Nanos stopped_ns_ ABSL_GUARDED_BY(mutex_) = 0;  // when the first signal came; 0: none has
  SignalWatcher watcher_;                         // last: its thread uses the members above
};

}  // namespace fedround::coordinator
