// Signals as something to wait for, instead of something that interrupts.
#pragma once

#include <csignal>
#include <functional>
#include <initializer_list>
#include <thread>

#include "common/base/clock.h"
#include "common/base/io/file.h"

namespace fedround {

// Signals that come this soon after the first count as the same request: somebody who presses
// Ctrl-C twice does not mean to lose the record of the run.
inline constexpr Nanos kSameStop = 2 * kNanosPerSecond;

// Blocks signals in the calling thread and makes them readable. Create it before any other thread:
// in a thread that does not block it, the signal would kill the process. The destructor restores
// the old mask. Not thread-safe.
class SignalFd {
 public:
  SignalFd(std::initializer_list<int> signals);
  ~SignalFd();
  SignalFd(const SignalFd&) = delete;
  SignalFd& operator=(const SignalFd&) = delete;

  // Readable while a signal waits.
  int fd() const { return fd_.get(); }
  // The next signal that waits, or 0.
  int Take();

 private:
  sigset_t before_;
  Fd fd_;
};

// Calls `on_signal` on a thread of its own for each signal that arrives, until destroyed.
class SignalWatcher {
 public:
  // `signals` must outlive the watcher.
  SignalWatcher(SignalFd& signals, std::function<void(int signal)> on_signal);
  ~SignalWatcher();
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

 private:
  void Loop();

  SignalFd& signals_;
  const std::function<void(int signal)> on_signal_;
  Fd quit_;
  std::thread thread_;  // last: it uses the members above
};

}  // namespace fedround
