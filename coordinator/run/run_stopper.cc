#include "coordinator/run/run_stopper.h"

#include <unistd.h>

#include <csignal>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/exit_code.h"

namespace fedround::coordinator {

RunStopper::RunStopper(SignalFd& signals, std::function<void(const ledger::Verdict&)> abandon,
                       std::function<Nanos()> clock)
    : abandon_(std::move(abandon)),
      clock_(std::move(clock)),
      watcher_(signals, [this](int signal) { OnSignal(signal); }) {}

void RunStopper::Begin(Coordinator& coordinator) {
  MutexLock lock(mutex_);
  begun_ = true;
  coordinator_ = &coordinator;
}

void RunStopper::End() {
  MutexLock lock(mutex_);
  coordinator_ = nullptr;
}

void RunStopper::OnSignal(int signal) {
  MutexLock lock(mutex_);
  const absl::string_view why = signal == SIGINT ? "interrupted" : "terminated";
  const int code = exit_code::OfSignal(signal);
  if (!begun_) {
    abandon_({RunOutcome::kStopped, absl::StrCat(why, " before the run began"), code});
    _exit(code);
  }
  const Nanos now = clock_();
  if (stopped_ns_ != 0 && now - stopped_ns_ >= kSameStop) _exit(code);
  if (stopped_ns_ != 0) return;
  stopped_ns_ = now;
  if (coordinator_ != nullptr) coordinator_->Stop(why, code);
}

}  // namespace fedround::coordinator
