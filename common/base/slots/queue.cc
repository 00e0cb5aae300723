#include "common/base/slots/queue.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "common/base/slots/futex.h"

namespace fedround::slots {
namespace {

constexpr Nanos kLookEvery = 500 * kNanosPerMilli;

bool IsHere(const Run& run, Nanos now) {
  return run.head != 0 && std::abs(now - run.head_seen_ns) < kHeadLease;
}

}  // namespace

absl::StatusOr<QueueHead> QueueHead::Become(Run& run,
                                            const std::function<absl::Status()>& give_up) {
  const auto me = static_cast<std::uint32_t>(syscall(SYS_gettid));
  while (true) {
    std::uint32_t head = run.head;
    const Nanos now = MonotonicNow();
    if (!IsHere(run, now)) {
      run.head_seen_ns = now;
      if (run.head.compare_exchange_strong(head, me)) return QueueHead(run, me);
      continue;
    }
    if (absl::Status status = give_up(); !status.ok()) {
      FutexWake(run.head, 1);  // the wake-up that we got may have been meant for the next one
      return status;
    }
    FutexWait(run.head, head, kLookEvery);
  }
}

QueueHead::QueueHead(QueueHead&& other) noexcept
    : run_(std::exchange(other.run_, nullptr)), me_(other.me_) {}

QueueHead::~QueueHead() {
  if (run_ == nullptr) return;
  std::uint32_t head = me_;  // unless another has taken its place
  run_->head.compare_exchange_strong(head, 0);
  FutexWake(run_->head, 1);
}

}  // namespace fedround::slots
