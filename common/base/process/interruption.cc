#include "common/base/process/interruption.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "common/base/io/file.h"

namespace fedround {
namespace {

int InterruptSignal() { return SIGRTMAX - 3; }

void InstallEmptyHandler() {
  [[maybe_unused]] static const bool done = [] {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    sigemptyset(&action.sa_mask);
    return sigaction(InterruptSignal(), &action, nullptr) == 0;  // without SA_RESTART
  }();
}

}  // namespace

absl::StatusOr<Interruption> Interruption::Every(Nanos period) {
  InstallEmptyHandler();
  sigset_t ours;
  sigemptyset(&ours);
  sigaddset(&ours, InterruptSignal());
  pthread_sigmask(SIG_UNBLOCK, &ours, nullptr);
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = InterruptSignal();
  event._sigev_un._tid = static_cast<pid_t>(syscall(SYS_gettid));  // glibc names it only in C
  timer_t timer{};
  if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) return ErrnoStatus(errno, "timer");
  const timespec time{period / kNanosPerSecond, period % kNanosPerSecond};
  const itimerspec again{time, time};
  timer_settime(timer, 0, &again, nullptr);
  return Interruption(timer);
}

Interruption::Interruption(Interruption&& other) noexcept
    : timer_(other.timer_), armed_(std::exchange(other.armed_, false)) {}

Interruption::~Interruption() {
  if (armed_) timer_delete(timer_);
}

}  // namespace fedround
