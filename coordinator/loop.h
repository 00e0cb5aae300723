// The coordinator's loop: closures from any thread, run one after the other on one thread, and
// timers.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>

#include "common/base/clock.h"
#include "common/base/mutex.h"

namespace fedround::coordinator {

class Loop {
 public:
  using Task = std::function<void()>;

  // Thread-safe. Tasks run in the order they were posted.
  void Post(Task task) {
    {
      MutexLock lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    changed_.NotifyOne();
  }

  // On the loop's thread only: runs `task` at the monotonic time `at` or soon after.
  void PostAt(Nanos at, Task task) { timers_.emplace(at, std::move(task)); }

  // Runs tasks until `done` says so (asked before each task) or `until` has passed.
  void Run(const std::function<bool()>& done, std::optional<Nanos> until = std::nullopt) {
    while (!done()) {
      if (until.has_value() && MonotonicNow() >= *until) return;
      if (auto task = Next(until)) (*task)();
    }
  }

 private:
  // The next task that is due; nothing if `until` came first.
  std::optional<Task> Next(std::optional<Nanos> until) {
    MutexLock lock(mutex_);
    while (true) {
      const Nanos now = MonotonicNow();
      if (!timers_.empty() && timers_.begin()->first <= now) {
        return std::move(timers_.extract(timers_.begin()).mapped());
      }
      if (!tasks_.empty()) {
        Task task = std::move(tasks_.front());
        tasks_.pop_front();
        return task;
      }
      std::optional<Nanos> wake = until;
      if (!timers_.empty() && (!wake || timers_.begin()->first < *wake)) {
        wake = timers_.begin()->first;
      }
      if (wake.has_value()) {
        if (*wake <= now) return std::nullopt;
        changed_.WaitFor(mutex_, std::chrono::nanoseconds(*wake - now));
      } else {
        changed_.Wait(mutex_);
      }
    }
  }

  Mutex mutex_;
  CondVar changed_;
  std::deque<Task> tasks_ ABSL_GUARDED_BY(mutex_);
  std::multimap<Nanos, Task> timers_;  // the loop's thread only
};

}  // namespace fedround::coordinator
