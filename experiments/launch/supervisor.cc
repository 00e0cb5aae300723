// One thread, one poll, no process left behind.
//
// What is hard is the end. A run may end because it is done, because somebody pressed Ctrl-C,
// because the coordinator was killed, because memory ran out, or while half of the processes are
// still starting. In every case each process must be gone in bounded time, and the user must be
// told the one cause rather than its thirty consequences.
//
// The idea: the end has stages, each with a deadline, and nothing ever goes back a stage.
//
//   kRunning     no deadline. Left when the coordinator says "finished", when it ends, or at the
//                first stop signal, which is passed on to the coordinator alone: it ends the run
//   kWaiting     processes leave by themselves (leave_grace, or stop_grace after a stop)
//   kTerminated  SIGTERM to all that are left (terminate_grace)
//   kKilled      SIGKILL to all that are left (5 s)
//   kAbandoned   a process that not even SIGKILL ends (it waits for a broken device) is left alone
//
// Whose fault it was: the verdict is the one in status.json, else the one the coordinator printed,
// else what its exit code says. A client process that failed is reported only if the failure was
// its own: if it was killed by a signal, or if the coordinator outlived it by kJudgeAfter, for
// clients fail when their coordinator dies and may be reaped first.
#include "experiments/launch/supervisor.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <iterator>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/exit_code.h"
#include "common/base/ranges.h"
#include "common/base/status_macros.h"
#include "common/ledger/run_folder.h"
#include "experiments/launch/log_tail.h"

namespace fedround::launch {
namespace {

using ledger::RunEvent;

// By how much the coordinator must outlive a client that failed for its failure to be reported.
constexpr Nanos kJudgeAfter = 200 * kNanosPerMilli;
// Even SIGKILL does not end a process that waits for a broken device.
constexpr Nanos kAbandonAfter = 5 * kNanosPerSecond;
constexpr std::size_t kDeathLines = 1;
constexpr std::size_t kCrashLines = 3;
// A line longer than this is not an event.
constexpr std::size_t kLongestLine = 1 << 20;

int ExitCodeOf(int wait_status) {
  return WIFSIGNALED(wait_status) ? exit_code::OfSignal(WTERMSIG(wait_status))
                                  : WEXITSTATUS(wait_status);
}

std::string DescribeEnd(int wait_status) {
  if (WIFSIGNALED(wait_status)) {
    const int signal = WTERMSIG(wait_status);
    return absl::StrCat("killed by signal ", signal, " (", strsignal(signal), ")");
  }
  return absl::StrCat("exit code ", WEXITSTATUS(wait_status));
}

Nanos CpuOf(const rusage& usage) {
  const auto nanos = [](const timeval& time) {
    return time.tv_sec * kNanosPerSecond + time.tv_usec * Nanos{1000};
  };
  return nanos(usage.ru_utime) + nanos(usage.ru_stime);
}

}  // namespace

Supervisor::Supervisor(Graces graces, const LaunchObserver& observer)
    : graces_(graces), observer_(observer), signals_({SIGINT, SIGTERM, SIGCHLD}) {}

Supervisor::~Supervisor() {
  SignalAll(SIGKILL);
  for (const Child& child : children_) {
    if (child.running && stage_ != Stage::kAbandoned) waitpid(child.pid, nullptr, 0);
  }
}

absl::Status Supervisor::Start(std::string name, std::vector<ClientId> clients,
                               const ProcessSpec& spec) {
  ASSIGN_OR_RETURN(StartedProcess process, StartProcess(spec));
  if (process.output.valid()) output_ = std::move(process.output);
  if (process.input.valid()) input_ = std::move(process.input);
  Child child;
  child.pid = process.pid;
  child.report.name = std::move(name);
  child.report.clients = std::move(clients);
  child.report.log = spec.log;
  children_.push_back(std::move(child));
  return absl::OkStatus();
}

LaunchReport Supervisor::Finish(const std::string& folder) && {
  while (AnyRunning() && stage_ != Stage::kAbandoned) {
    WaitForNews();
    TakeSignals();
    TakeOutput();
    Reap();
    SendInput();
    JudgeDeaths();
    Escalate();
  }
  TakeOutput();
  LaunchReport report;
  if (const auto status = ledger::ReadRunStatus(folder); status.ok()) {
    report.verdict = {status->outcome, status->message, status->exit_code};
  } else if (finished_.has_value()) {
    // It could not write status.json: on a full disk, for instance.
    report.verdict = *finished_;
  } else {
    report.verdict = VerdictWithoutStatus();
    if (stop_signal_ == 0) report.crash = DeathOf(coordinator(), kCrashLines);
  }
  report.deaths = std::move(deaths_);
  report.coordinator = coordinator().report;
  for (std::size_t i = 1; i < children_.size(); ++i) {
    report.hosts.push_back(std::move(children_[i].report));
  }
  return report;
}

bool Supervisor::AnyRunning() const { return std::ranges::any_of(children_, &Child::running); }

void Supervisor::WaitForNews() {
  Nanos until = stage_ == Stage::kRunning ? std::numeric_limits<Nanos>::max() : deadline_;
  for (const Child& child : children_) {
    if (!child.running && !child.judged) until = std::min(until, child.ended_at + kJudgeAfter);
  }
  int timeout_ms = -1;
  if (until != std::numeric_limits<Nanos>::max()) {
    const Nanos left = std::max<Nanos>(until - MonotonicNow(), 0);
    timeout_ms = static_cast<int>(std::min<Nanos>(left / kNanosPerMilli + 1, 60'000));
  }
  // poll ignores what is -1: the output once it is closed, the input while nothing waits for it.
  pollfd waits[] = {{signals_.fd(), POLLIN, 0},
                    {output_.get(), POLLIN, 0},
                    {pending_input_.empty() ? -1 : input_.get(), POLLOUT, 0}};
  poll(waits, std::size(waits), timeout_ms);
}

void Supervisor::TakeSignals() {
  while (const int signal = signals_.Take()) {
    if (signal == SIGCHLD) continue;
    if (stop_signal_ != 0) {
      if (MonotonicNow() - stopped_at_ >= graces_.same_stop) SignalAll(SIGKILL);
    } else {
      stop_signal_ = signal;
      stopped_at_ = MonotonicNow();
      if (coordinator().running) SignalProcess(coordinator().pid, signal);
      BeginEnd(graces_.stop_grace);
    }
  }
}

void Supervisor::TakeOutput() {
  char buffer[1 << 16];
  while (output_.valid()) {
    const ssize_t count = read(output_.get(), buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0 || pending_output_.size() > kLongestLine) {
      output_ = Fd();
      return;
    }
    pending_output_.append(buffer, static_cast<std::size_t>(count));
    std::size_t begin = 0;
    for (std::size_t end; (end = pending_output_.find('\n', begin)) != std::string::npos;) {
      TakeLine(absl::string_view(pending_output_).substr(begin, end - begin));
      begin = end + 1;
    }
    pending_output_.erase(0, begin);
  }
}

void Supervisor::TakeLine(absl::string_view line) {
  const absl::StatusOr<RunEvent> event = ledger::RunEventFromJson(line);
  if (!event.ok()) return;  // not an event: some library's output
  started_ = started_ || std::holds_alternative<ledger::event::Started>(*event);
  if (const auto* finished = std::get_if<ledger::event::Finished>(&*event)) {
    finished_ = finished->verdict;
    BeginEnd(graces_.leave_grace);
  }
  observer_.on_event(*event, line);
}

void Supervisor::Reap() {
  while (const std::optional<EndedProcess> ended = ReapProcess()) {
    const auto child = std::ranges::find(children_, ended->pid, &Child::pid);
    if (child == children_.end()) continue;
    child->running = false;
    child->wait_status = ended->wait_status;
    child->ended_at = MonotonicNow();
    child->ended_after_finish = finished_.has_value();
    child->judged = child == children_.begin();
    child->report.exit_code = ExitCodeOf(ended->wait_status);
    child->report.cpu_ns = CpuOf(ended->usage);
    child->report.peak_rss_bytes = static_cast<std::uint64_t>(ended->usage.ru_maxrss) * 1024;
    if (child != children_.begin()) TellGone(*child);
  }
  // In a run that never began, clients have nothing to finish.
  if (!coordinator().running) BeginEnd(started_ ? graces_.leave_grace : 0);
}

void Supervisor::TellGone(const Child& host) {
  if (!input_.valid()) return;
  absl::StrAppend(&pending_input_, "gone ", FormatRanges(host.report.clients), "\n");
}

// The socket holds some 280 short messages. The rest waits here until the coordinator has read some
// of them.
void Supervisor::SendInput() {
  while (!pending_input_.empty()) {
    const ssize_t count = send(input_.get(), pending_input_.data(), pending_input_.size(),
                               MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM)) return;
    if (count < 0) {  // the coordinator has ended
      input_ = Fd();
      pending_input_.clear();
      return;
    }
    pending_input_.erase(0, static_cast<std::size_t>(count));
  }
}

// Reported is a client process that a signal from outside killed, or that failed on its own
// account: not because the coordinator had ended before it, and not after the run was over.
void Supervisor::JudgeDeaths() {
  const Nanos now = MonotonicNow();
  for (Child& child : children_) {
    if (child.running || child.judged) continue;
    const bool killed = WIFSIGNALED(child.wait_status);
    const bool alone = !coordinator().running && !finished_.has_value();
    const bool expected = child.wait_status == 0 || stage_ >= Stage::kTerminated ||
                          (!killed && (alone || child.ended_after_finish));
    const bool settled = killed || finished_.has_value() || now - child.ended_at >= kJudgeAfter;
    if (!expected && !settled) continue;
    child.judged = true;
    if (expected) continue;
    deaths_.push_back(DeathOf(child, kDeathLines));
    observer_.on_death(deaths_.back());
  }
}

void Supervisor::BeginEnd(Nanos grace) {
  const Nanos deadline = MonotonicNow() + grace;
  if (stage_ == Stage::kRunning) {
    stage_ = Stage::kWaiting;
    deadline_ = deadline;
  } else if (stage_ == Stage::kWaiting) {
    deadline_ = std::min(deadline_, deadline);
  }
}

void Supervisor::Escalate() {
  if (stage_ == Stage::kRunning || MonotonicNow() < deadline_) return;
  if (stage_ == Stage::kWaiting) {
    stage_ = Stage::kTerminated;
    deadline_ = MonotonicNow() + graces_.terminate_grace;
    SignalAll(SIGTERM);
  } else if (stage_ == Stage::kTerminated) {
    stage_ = Stage::kKilled;
    deadline_ = MonotonicNow() + kAbandonAfter;
    SignalAll(SIGKILL);
  } else {
    stage_ = Stage::kAbandoned;
  }
}

void Supervisor::SignalAll(int signal) {
  for (const Child& child : children_) {
    if (child.running) SignalProcess(child.pid, signal);
  }
}

ProcessDeath Supervisor::DeathOf(const Child& child, std::size_t lines) const {
  return {.name = child.report.name,
          .clients = child.report.clients,
          .log = child.report.log,
          .how = DescribeEnd(child.wait_status),
          .last_lines = LogTail(child.report.log, lines)};
}

ledger::Verdict Supervisor::VerdictWithoutStatus() const {
  if (stop_signal_ != 0) {
    return {RunOutcome::kStopped,
            started_ ? "the coordinator did not stop in time" : "stopped before the run began",
            exit_code::OfSignal(stop_signal_)};
  }
  // Out of memory, for instance, it writes no status, but its exit code still says why.
  const bool environment = coordinator().report.exit_code == exit_code::kEnvironment;
  return {RunOutcome::kFailed,
          absl::StrCat("the coordinator ended without a verdict: ",
                       DescribeEnd(coordinator().wait_status)),
          environment ? exit_code::kEnvironment : exit_code::kRunFailed};
}

}  // namespace fedround::launch
