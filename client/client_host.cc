#include "client/client_host.h"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <thread>
#include <utility>

#include "client/host.h"
#include "client/host_identity.h"
#include "client/task.h"
#include "common/base/log.h"
#include "common/base/measure/resource_usage.h"
#include "common/base/mutex.h"
#include "common/base/status_macros.h"

namespace fedround::client {
namespace {

// How long a thread is without work before it reports its last task (which would have gone along
// with the next request) and then frees its memory, since most of a thousand clients are not in the
// round. Longer than the next instruction takes in quick rounds.
constexpr Nanos kReportAfter = 100 * kNanosPerMilli;
constexpr Nanos kFreeAfter = kNanosPerSecond;
constexpr Nanos kLongWait = 3600 * kNanosPerSecond;

// How long to wait before reports that did not get through are sent again.
constexpr Nanos kReportAgain = 500 * kNanosPerMilli;

// Instructions waiting for a thread. Those of one client are carried out one after the other, as if
// it had a process of its own.
class InstructionQueue {
 public:
  // A coordinator that lost this host for a moment asks again for every answer it does not have
  // yet; a task that is under way, or whose answer has been sent, is not done a second time.
  void Push(Asked asked) {
    {
      MutexLock lock(mutex_);
      if (IsKnown(asked.instruction)) return;
      waiting_.push_back(std::move(asked));
    }
    changed_.NotifyAll();
  }
  // Forgets what has not begun yet.
  void Close() {
    {
      MutexLock lock(mutex_);
      closed_ = true;
    }
    changed_.NotifyAll();
  }
  // The next instruction; its client is busy until Done. CANCELLED once closed, DEADLINE_EXCEEDED
  // if none comes within `timeout`.
  absl::StatusOr<Asked> Pop(Nanos timeout) {
    MutexLock lock(mutex_);
    const Nanos until = MonotonicNow() + timeout;
    for (auto next = First(); !closed_; next = First()) {
      if (next != waiting_.end()) {
        Asked asked = std::move(*next);
        waiting_.erase(next);
        busy_.insert(asked.instruction.client);
        begun_[asked.instruction.client] = asked.instruction.id;
        return asked;
      }
      const Nanos left = until - MonotonicNow();
      if (left <= 0) return absl::DeadlineExceededError("no instruction");
      changed_.WaitFor(mutex_, std::chrono::nanoseconds(left));
    }
    return absl::CancelledError("closed");
  }
  void Done(ClientId client, bool answered) {
    {
      MutexLock lock(mutex_);
      busy_.erase(client);
      if (!answered) begun_.erase(client);
    }
    changed_.NotifyAll();
  }

 private:
  bool IsKnown(const Instruction& instruction) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto begun = begun_.find(instruction.client);
    if (begun != begun_.end() && begun->second == instruction.id) return true;
    return std::ranges::any_of(
        waiting_, [&](const Asked& asked) { return asked.instruction.id == instruction.id; });
  }
  // The first one whose client is free.
  std::deque<Asked>::iterator First() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return std::ranges::find_if(waiting_,
                                [this](const Asked& asked) ABSL_NO_THREAD_SAFETY_ANALYSIS {
                                  return !busy_.contains(asked.instruction.client);
                                });
  }

  Mutex mutex_;
  CondVar changed_;
  std::deque<Asked> waiting_ ABSL_GUARDED_BY(mutex_);
  std::set<ClientId> busy_ ABSL_GUARDED_BY(mutex_);
  // Each client's last task, unless it failed.
  std::map<ClientId, AskId> begun_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

void WorkLoop(Host& host, InstructionQueue& queue) {
  Workbench bench(host);
  for (Nanos patience = kReportAfter;;) {
    const absl::StatusOr<Asked> asked = queue.Pop(patience);
    if (absl::IsCancelled(asked.status())) return;
    if (asked.ok()) {
      bench.Prepare();
      const bool answered = Task(host, bench, *asked).Run();
      queue.Done(asked->instruction.client, answered);
      patience = kReportAfter;
    } else if (patience <= kReportAgain) {
      patience = host.link().FlushReports() ? kFreeAfter : kReportAgain;
    } else {
      bench.Clear();
      GiveFreedMemoryBack();
      patience = kLongWait;
    }
  }
}

// The threads that work. The first of them also sets the host up: that takes seconds, during which
// another thread must listen to the coordinator, if only to answer that this host is alive.
class Crew {
 public:
  // All references must outlive this.
  Crew(CoordinatorLink& link, const Welcome& welcome, const HostOptions& options)
      : link_(link), welcome_(welcome), options_(options), lead_([this] { Lead(); }) {}
  ~Crew() {
    Stop();
    if (lead_.joinable()) lead_.join();
  }

  void Push(Instruction instruction) { queue_.Push({std::move(instruction), options_.now()}); }
  // Ends what is under way.
  void Stop() {
    queue_.Close();
    MutexLock lock(mutex_);
    if (host_ != nullptr) host_->Stop();
  }
  // After Stop, waits for the threads. Returns how setting up ended.
  absl::Status Join() {
    lead_.join();
    MutexLock lock(mutex_);
    return setup_;
  }

 private:
  void Lead() {
    absl::StatusOr<std::unique_ptr<Host>> created = Host::Create(link_, welcome_, options_);
    Host* host = nullptr;
    {
      MutexLock lock(mutex_);
      setup_ = created.status();
      if (created.ok()) host_ = *std::move(created);
      host = host_.get();
    }
    if (host == nullptr) return link_.Cancel();
    if (options_.own_process) ForgetStartupCode();
    const auto threads =
        static_cast<std::size_t>(options_.threads > 0 ? options_.threads : host->slots().count());
    std::vector<std::thread> others;
    for (std::size_t i = 1; i < std::min(threads, options_.clients.size()); ++i) {
      others.emplace_back([this, host] { WorkLoop(*host, queue_); });
    }
    WorkLoop(*host, queue_);
    for (std::thread& other : others) other.join();
  }

  CoordinatorLink& link_;
  const Welcome& welcome_;
  const HostOptions& options_;
  InstructionQueue queue_;
  Mutex mutex_;
  std::unique_ptr<Host> host_ ABSL_GUARDED_BY(mutex_);
  absl::Status setup_ ABSL_GUARDED_BY(mutex_);
  std::thread lead_;  // last: uses the members above
};

}  // namespace

absl::StatusOr<Instruction> RunClientHost(CoordinatorLink& link, const HostOptions& options) {
  ASSIGN_OR_RETURN(const Welcome welcome, link.Join(MakeJoinRequest(options.clients)));
  Crew crew(link, welcome, options);
  absl::StatusOr<Instruction> next = link.NextInstruction();
  while (next.ok() && next->task != TaskKind::kLeave) {
    crew.Push(*std::move(next));
    next = link.NextInstruction();
  }
  crew.Stop();
  if (!next.ok()) link.Cancel();  // the coordinator is gone: nothing will be answered
  RETURN_IF_ERROR(crew.Join());
  if (next.ok() && !link.FlushReports()) LogError("not all cost reports could be sent");
  return next;
}

}  // namespace fedround::client
