// Watches the processes of one run from their start to their end.
//
//   Start the coordinator first, then the hosts; then Finish. Whatever happens, no process is left
//   when the supervisor is gone. Single-threaded: one poll over the signals of this process and the
//   coordinator's output and input; every wait has an end.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/base/clock.h"
#include "common/base/io/file.h"
#include "common/base/process/signals.h"
#include "experiments/launch/launcher.h"
#include "experiments/launch/process.h"

namespace fedround::launch {

struct Graces {
  Nanos leave_grace = 0;
  Nanos stop_grace = 0;
  Nanos terminate_grace = 0;
  Nanos same_stop = 0;
};

class Supervisor {
 public:
  // `observer` must outlive the supervisor.
  Supervisor(Graces graces, const LaunchObserver& observer);
  // Kills what still runs.
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  absl::Status Start(std::string name, std::vector<ClientId> clients, const ProcessSpec& spec);

  // Waits until all processes have ended. `folder` is where the coordinator leaves its verdict.
  LaunchReport Finish(const std::string& folder) &&;

 private:
  struct Child {
    ProcessReport report;
    pid_t pid = 0;
    bool running = true;
    int wait_status = 0;
    Nanos ended_at = 0;
    bool ended_after_finish = false;
    bool judged = false;  // whether its end is to be reported is decided; always for coordinators
  };
  // How far the end has gone: each stage follows when the deadline of the one before has passed.
  enum class Stage { kRunning, kWaiting, kTerminated, kKilled, kAbandoned };

  const Child& coordinator() const { return children_.front(); }
  bool AnyRunning() const;
  void WaitForNews();
  void TakeSignals();
  void TakeOutput();
  void TakeLine(absl::string_view line);
  void Reap();
  // Tells the coordinator that the clients of `host` will not join, or will not come back.
  void TellGone(const Child& host);
  // Sends as much of pending_input_ as the coordinator's input takes now.
  void SendInput();
  void JudgeDeaths();
  // Gives the processes until `grace` from now to end, unless they have less time already.
  void BeginEnd(Nanos grace);
  void Escalate();
  void SignalAll(int signal);
  ProcessDeath DeathOf(const Child& child, std::size_t lines) const;
  ledger::Verdict VerdictWithoutStatus() const;

  const Graces graces_;
  const LaunchObserver& observer_;
  SignalFd signals_;
  std::vector<Child> children_;  // [0]: the coordinator
  Fd output_;                    // the coordinator's
  Fd input_;                     // of the coordinator
  std::string pending_output_;   // an unfinished line
  std::string pending_input_;    // not sent yet
  bool started_ = false;         // the coordinator has said that the run began
  // How the run ended, once the coordinator has said so.
  std::optional<ledger::Verdict> finished_;
  int stop_signal_ = 0;  // the first that this process received; 0: none
  Nanos stopped_at_ = 0;
  Stage stage_ = Stage::kRunning;
  Nanos deadline_ = 0;  // of stage_; kRunning has none
  std::vector<ProcessDeath> deaths_;
};

}  // namespace fedround::launch
