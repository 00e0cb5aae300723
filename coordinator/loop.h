// The coordinator's loop: closures from any thread, run one after the other on one thread, and
// timers.
//
// What was posted before a timer was due runs before it, however late the loop gets to either. A
// timer that is served very late means that the process has not run for a while (it was stopped):
// what reached its sockets meanwhile has not been posted yet, and computations have not gone on. So
// such a timer is put off once, by as much as it was late, but never by more than its whole length.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <utility>

#include "common/base/clock.h"
#include "common/base/mutex.h"

namespace fedround::coordinator {

class Loop {
 public:
  using Task = std::function<void()>;
  using Clock = Nanos (*)();

  // A timer is very late if it is late by more than this.
  static constexpr Nanos kOverslept = 20 * kNanosPerMilli;

  // `clock` is for tests.
  explicit Loop(Clock clock = MonotonicNow) : clock_(clock), task_start_(clock()) {}

  // Thread-safe. Tasks run in the order they were posted.
  void Post(Task task) {
    {
      MutexLock lock(mutex_);
      tasks_.push_back({clock_(), std::move(task)});
    }
    changed_.NotifyOne();
  }

  // On the loop's thread only: runs `task` at the monotonic time `at` or soon after, unless it is
  // cancelled before. The timer's length counts from the start of the task that sets it: the
  // process may have been stopped since.
  using TimerId = std::uint64_t;
  TimerId PostAt(Nanos at, Task task) {
    timers_.emplace(at,
                    Timer{++last_timer_, std::max<Nanos>(at - task_start_, 0), std::move(task)});
    return last_timer_;
  }
  // Does nothing for a timer that has already run.
  void Cancel(TimerId id) {
    std::erase_if(timers_, [id](const auto& timer) { return timer.second.id == id; });
  }

  // Runs tasks until `done`, which is called before each of them, returns true.
  void Run(const std::function<bool()>& done) {
    while (!done()) {
      const Task task = Next();
      task_start_ = clock_();
      task();
    }
  }

 private:
  struct Posted {
    Nanos at = 0;
    Task task;
  };
  struct Timer {
    TimerId id = 0;
    Nanos length = 0;
    Task task;
    bool put_off = false;
  };

  // Waits for the next task that is due.
  Task Next() {
    MutexLock lock(mutex_);
    while (true) {
      const bool timed = !timers_.empty();
      const Nanos due = timed ? timers_.begin()->first : 0;
      if (!tasks_.empty() && (!timed || tasks_.front().at <= due || clock_() < due)) {
        Task task = std::move(tasks_.front().task);
        tasks_.pop_front();
        return task;
      }
      if (!timed) {
        changed_.Wait(mutex_);
      } else if (const Nanos late = clock_() - due; late < 0) {
        changed_.WaitFor(mutex_, std::chrono::nanoseconds(-late));
      } else if (Timer timer = std::move(timers_.extract(timers_.begin()).mapped());
                 late > kOverslept && !timer.put_off) {
        timer.put_off = true;
        timers_.emplace(clock_() + std::min(late, timer.length), std::move(timer));
      } else {
        return std::move(timer.task);
      }
    }
  }

  const Clock clock_;
  Mutex mutex_;
  CondVar changed_;
  std::deque<Posted> tasks_ ABSL_GUARDED_BY(mutex_);
  // The loop's thread only; few at a time.
  std::multimap<Nanos, Timer> timers_;
  TimerId last_timer_ = 0;
  Nanos task_start_;
};

}  // namespace fedround::coordinator
