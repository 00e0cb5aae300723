// The thread waits until poll says that there is room, then writes no more than a pipe takes at
// once. For terminals, and if several processes write, even that may block; so the write is
// interrupted now and then, and the queue can always be closed.
#include "common/base/io/output_queue.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/process/interruption.h"

namespace fedround {
namespace {

constexpr Nanos kLongestWrite = 200 * kNanosPerMilli;

// A thread that receives none of the process's signals, which others wait for, except SIGPIPE,
// which is its own.
template <typename Body>
std::thread StartWithoutSignals(Body body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  sigdelset(&all, SIGPIPE);
  CHECK(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
  std::thread thread(std::move(body));
  CHECK(pthread_sigmask(SIG_SETMASK, &before, nullptr) == 0);
  return thread;
}

}  // namespace

OutputQueue::OutputQueue(int fd, std::string name, std::size_t limit_bytes)
    : fd_(fd),
      name_(std::move(name)),
      limit_bytes_(limit_bytes),
      quit_(eventfd(0, EFD_CLOEXEC)),
      thread_(StartWithoutSignals([this] { Loop(); })) {}

OutputQueue::~OutputQueue() {
  {
    MutexLock lock(mutex_);
    closed_ = true;
  }
  changed_.NotifyOne();
  const std::uint64_t one = 1;
  CHECK(write(quit_.get(), &one, sizeof(one)) == static_cast<ssize_t>(sizeof(one)));
  thread_.join();
}

void OutputQueue::Write(std::string piece) {
  if (piece.empty()) return;
  {
    MutexLock lock(mutex_);
    if (!broken_.ok()) return;
    bytes_ += piece.size();
    pieces_.push_back(std::move(piece));
    while (bytes_ > limit_bytes_ && pieces_.size() > 1) {
      bytes_ -= pieces_.front().size();
      pieces_.pop_front();
      ++dropped_;
    }
  }
  changed_.NotifyOne();
}

absl::Status OutputQueue::Drain(Nanos patience) {
  MutexLock lock(mutex_);
  moved_ns_ = MonotonicNow();
  while (broken_.ok() && (writing_ || !pieces_.empty())) {
    const Nanos left = moved_ns_ + patience - MonotonicNow();
    if (left <= 0) {
      return absl::DeadlineExceededError(absl::StrCat(name_, ": nobody has read it for ",
                                                      Seconds(patience), " s; the rest is lost"));
    }
    written_.WaitFor(mutex_, std::chrono::nanoseconds(left));
  }
  return broken_;
}

std::uint64_t OutputQueue::dropped() const {
  MutexLock lock(mutex_);
  return dropped_;
}

void OutputQueue::Loop() {
  for (std::string piece; Next(piece);) {
    const absl::Status status = WriteOut(piece);
    if (status.ok()) continue;
    MutexLock lock(mutex_);
    broken_ = status;
    pieces_.clear();
    writing_ = false;
    written_.NotifyAll();
    return;
  }
}

bool OutputQueue::Next(std::string& piece) {
  MutexLock lock(mutex_);
  writing_ = false;
  written_.NotifyAll();
  while (pieces_.empty() && !closed_) changed_.Wait(mutex_);
  if (closed_) return false;
  piece = std::move(pieces_.front());
  pieces_.pop_front();
  bytes_ -= piece.size();
  writing_ = true;
  return true;
}

absl::Status OutputQueue::WriteOut(absl::string_view text) {
  while (!text.empty()) {
    pollfd waits[] = {{quit_.get(), POLLIN, 0}, {fd_, POLLOUT, 0}};
    if (poll(waits, 2, -1) < 0) continue;  // interrupted
    if (waits[0].revents != 0) return absl::CancelledError("closed");
    const auto interruption = Interruption::Every(kLongestWrite);
    const ssize_t count = write(fd_, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count < 0) return ErrnoStatus(errno, name_);
    text.remove_prefix(static_cast<std::size_t>(count));
    Moved();
  }
  return absl::OkStatus();
}

void OutputQueue::Moved() {
  {
    MutexLock lock(mutex_);
    moved_ns_ = MonotonicNow();
  }
  written_.NotifyAll();
}

}  // namespace fedround
