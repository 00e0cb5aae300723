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

// A client that fails because its coordinator has just died may be seen to end first. So a failure
// is news only if the coordinator outlives it by this.
constexpr Nanos kJudgeAfter = 200 * kNanosPerMilli;
// Even SIGKILL does not end a process that waits for a broken device.
constexpr Nanos kAbandonAfter = 5 * kNanosPerSecond;
constexpr std::size_t kDeathLines = 1;
constexpr std::size_t kCrashLines = 3;
// A line longer than this is no event.
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
    // It could not write that down: on a full disk, for instance.
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
      if (MonotonicNow() - stopped_at_ >= kSameStop) SignalAll(SIGKILL);
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
  if (!event.ok()) return;  // not ours: a library's remark
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
  // Clients of a run that never began have nothing to finish.
  if (!coordinator().running) BeginEnd(started_ ? graces_.leave_grace : 0);
}

void Supervisor::TellGone(const Child& host) {
  if (!input_.valid()) return;
  absl::StrAppend(&pending_input_, "gone ", FormatRanges(host.report.clients), "\n");
}

// The socket holds some 280 short messages. What does not fit waits until the coordinator has read
// some of them.
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

// News is a client process that a signal of someone else's killed, or that failed on its own
// account: not because the coordinator had gone before it, and not after the run was over.
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
  // Out of memory, for instance, it writes nothing down; its exit code says it all the same.
  const bool environment = coordinator().report.exit_code == exit_code::kEnvironment;
  return {RunOutcome::kFailed,
          absl::StrCat("the coordinator ended without a verdict: ",
                       DescribeEnd(coordinator().wait_status)),
          environment ? exit_code::kEnvironment : exit_code::kRunFailed};
}

}  // namespace fedround::launch
