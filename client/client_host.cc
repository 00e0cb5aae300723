#include "client/client_host.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <set>
#include <thread>
#include <utility>

#include "client/host.h"
#include "client/host_identity.h"
#include "client/task.h"
#include "common/base/mutex.h"
#include "common/base/resource_usage.h"
#include "common/base/status_macros.h"

namespace fedround::client {
namespace {

// What a thread without work does, one after the other: it reports its last task, which would have
// gone with the next one's request, and gives its memory back, since of a thousand clients most are
// not in the round. Later than the next instruction comes in quick rounds.
constexpr Nanos kReportAfter = 100 * kNanosPerMilli;
constexpr Nanos kFreeAfter = kNanosPerSecond;
constexpr Nanos kLongWait = 3600 * kNanosPerSecond;

// Instructions waiting for a thread. A client's are carried out one after the other, as it would
// alone.
class InstructionQueue {
 public:
  void Push(Asked asked) {
    {
      MutexLock lock(mutex_);
      waiting_.push_back(std::move(asked));
    }
    changed_.NotifyAll();
  }
  // What has not begun yet is forgotten.
  void Close() {
    {
      MutexLock lock(mutex_);
      closed_ = true;
    }
    changed_.NotifyAll();
  }
  // The next one, whose client is busy until Done. CANCELLED once closed, DEADLINE_EXCEEDED if none
  // comes within `timeout`.
  absl::StatusOr<Asked> Pop(Nanos timeout) {
    MutexLock lock(mutex_);
    const Nanos until = MonotonicNow() + timeout;
    for (auto next = First(); !closed_; next = First()) {
      if (next != waiting_.end()) {
        Asked asked = std::move(*next);
        waiting_.erase(next);
        busy_.insert(asked.instruction.client);
        return asked;
      }
      const Nanos left = until - MonotonicNow();
      if (left <= 0) return absl::DeadlineExceededError("no instruction");
      changed_.WaitFor(mutex_, std::chrono::nanoseconds(left));
    }
    return absl::CancelledError("closed");
  }
  void Done(ClientId client) {
    {
      MutexLock lock(mutex_);
      busy_.erase(client);
    }
    changed_.NotifyAll();
  }

 private:
  // The first whose client is free.
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
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

void WorkLoop(Host& host, InstructionQueue& queue) {
  Workbench bench(host);
  for (Nanos patience = kReportAfter;;) {
    const absl::StatusOr<Asked> asked = queue.Pop(patience);
    if (absl::IsCancelled(asked.status())) return;
    if (asked.ok()) {
      bench.Prepare();
      Task(host, bench, *asked).Run();
      queue.Done(asked->instruction.client);
      patience = kReportAfter;
    } else if (patience == kReportAfter) {
      host.link().FlushReports();
      patience = kFreeAfter;
    } else {
      bench.Clear();
      GiveFreedMemoryBack();
      patience = kLongWait;
    }
  }
}

}  // namespace

absl::StatusOr<Instruction> RunClientHost(CoordinatorLink& link, const HostOptions& options) {
  ASSIGN_OR_RETURN(const Welcome welcome, link.Join(MakeJoinRequest(options.clients)));
  ASSIGN_OR_RETURN(const std::unique_ptr<Host> host, Host::Create(link, welcome, options));
  if (options.own_process) ForgetStartupCode();
  const std::size_t threads = std::min(
      static_cast<std::size_t>(options.threads > 0 ? options.threads : host->slots().count()),
      options.clients.size());
  InstructionQueue queue;
  std::vector<std::thread> workers;
  for (std::size_t i = 0; i < threads; ++i) {
    workers.emplace_back([&host, &queue] { WorkLoop(*host, queue); });
  }
  absl::StatusOr<Instruction> next = link.NextInstruction();
  while (next.ok() && next->task != TaskKind::kLeave) {
    queue.Push({*std::move(next), host->now()});
    next = link.NextInstruction();
  }
  queue.Close();
  host->Stop();
  if (!next.ok()) link.Cancel();  // the coordinator has gone: nothing will be answered
  for (std::thread& worker : workers) worker.join();
  if (next.ok()) link.FlushReports();
  return next;
}

}  // namespace fedround::client
