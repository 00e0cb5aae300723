// Processes on this machine.
#pragma once

#include <string>

#include "common/base/clock.h"
#include "common/base/process/signals.h"
#include "experiments/launch/launcher.h"

namespace fedround::launch {

struct LocalLauncherOptions {
  std::string coordinator_program;
  std::string client_program;
  // Processes get `leave_grace` after the coordinator's verdict, or `stop_grace` after a signal to
  // this process, to end by themselves; then SIGTERM and `terminate_grace`; then SIGKILL.
  Nanos leave_grace = 2 * kNanosPerSecond;
  Nanos stop_grace = 10 * kNanosPerSecond;
  Nanos terminate_grace = 2 * kNanosPerSecond;
  // A signal that comes this long after the first ends everything at once.
  Nanos same_stop = kSameStop;
};

// Starts one coordinator, which writes its address to RUN/endpoint.json, and at the same time all
// hosts, which wait for that file. Logs go to RUN/logs. Call it on a thread that lives as long as
// the run, before the program has children, or other threads that receive signals. Not thread-safe.
class LocalLauncher final : public Launcher {
 public:
  explicit LocalLauncher(LocalLauncherOptions options) : options_(std::move(options)) {}

  absl::StatusOr<LaunchReport> Launch(const LaunchSpec& spec,
                                      const LaunchObserver& observer) override;

 private:
  const LocalLauncherOptions options_;
};

// The program `name` beside the one that is running.
std::string SiblingProgram(absl::string_view name);

}  // namespace fedround::launch
