// A signal handler may do next to nothing: it interrupts its thread between any two instructions,
// where no lock may be taken and no memory allocated. So there is none. The signals are blocked in
// every thread (a thread inherits the mask of the one that starts it, hence "before any other
// thread") and the kernel queues them behind a descriptor, which is polled like any other.
//
// The watcher's thread waits for two descriptors: the signals', and an eventfd of its own by which
// the destructor ends it. The callback runs on an ordinary thread and may do whatever it likes.
#include "common/base/process/signals.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

#include "common/base/check.h"

namespace fedround {

SignalFd::SignalFd(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  CHECK(pthread_sigmask(SIG_BLOCK, &set, &before_) == 0);
  fd_ = Fd(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  CHECK(fd_.valid());
}

SignalFd::~SignalFd() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

int SignalFd::Take() {
  signalfd_siginfo info{};
  if (read(fd_.get(), &info, sizeof(info)) != static_cast<ssize_t>(sizeof(info))) return 0;
  return static_cast<int>(info.ssi_signo);
}

SignalWatcher::SignalWatcher(SignalFd& signals, std::function<void(int)> on_signal)
    : signals_(signals),
      on_signal_(std::move(on_signal)),
      quit_(eventfd(0, EFD_CLOEXEC)),
      thread_([this] { Loop(); }) {}

SignalWatcher::~SignalWatcher() {
  const std::uint64_t one = 1;
  CHECK(write(quit_.get(), &one, sizeof(one)) == static_cast<ssize_t>(sizeof(one)));
  thread_.join();
}

void SignalWatcher::Loop() {
  pollfd waits[] = {{quit_.get(), POLLIN, 0}, {signals_.fd(), POLLIN, 0}};
  while (true) {
    if (poll(waits, 2, -1) < 0) continue;  // interrupted
    if (waits[0].revents != 0) return;
    if (const int signal = signals_.Take(); signal != 0) on_signal_(signal);
  }
}

}  // namespace fedround
