#include "client/rpc/call.h"

#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"

namespace fedround::client {
namespace {

// A stall is noticed late by at most one such part of its limit.
constexpr int kStepsPerLimit = 16;

}  // namespace

ActiveCalls::~ActiveCalls() {
  std::thread thread;
  {
    MutexLock lock(mutex_);
    over_ = true;
    thread.swap(thread_);
  }
  changed_.NotifyAll();
  if (thread.joinable()) thread.join();
}

void ActiveCalls::CancelAll() {
  MutexLock lock(mutex_);
  cancelled_ = true;
  for (Call* call : calls_) call->context_.TryCancel();
  changed_.NotifyAll();
}

void ActiveCalls::Interrupt() {
  MutexLock lock(mutex_);
  for (Call* call : calls_) call->context_.TryCancel();
}

bool ActiveCalls::cancelled() const {
  MutexLock lock(mutex_);
  return cancelled_;
}

bool ActiveCalls::Sleep(Nanos duration) {
  const Nanos end = MonotonicNow() + duration;
  MutexLock lock(mutex_);
  for (Nanos now = MonotonicNow(); !cancelled_ && now < end; now = MonotonicNow()) {
    changed_.WaitFor(mutex_, std::chrono::nanoseconds(end - now));
  }
  return !cancelled_;
}

void ActiveCalls::Add(Call& call) {
  MutexLock lock(mutex_);
  calls_.insert(&call);
  if (cancelled_) call.context_.TryCancel();
}

void ActiveCalls::Remove(Call& call) {
  MutexLock lock(mutex_);
  calls_.erase(&call);
}

void ActiveCalls::Watch() {
  MutexLock lock(mutex_);
  if (watching_) return;
  watching_ = true;
  if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
  changed_.NotifyAll();
}

Nanos ActiveCalls::Step() const {
  Nanos least = 0;
  for (const Call* call : calls_) {
    if (call->watched_ && (least == 0 || call->limit_ < least)) least = call->limit_;
  }
  return least == 0 ? 0 : std::max<Nanos>(least / kStepsPerLimit, 1);
}

// It goes to sleep only after a whole step in which no call was watched: for a client that makes
// one short call after the other, waking it each time would cost more than looking.
void ActiveCalls::Run() {
  MutexLock lock(mutex_);
  for (Nanos step = Step(); !over_;) {
    if (step == 0) {
      watching_ = false;
      while (!watching_ && !over_) changed_.Wait(mutex_);
      step = Step();
      continue;
    }
    const Nanos end = MonotonicNow() + step;
    for (Nanos now = MonotonicNow(); !over_ && now < end; now = MonotonicNow()) {
      changed_.WaitFor(mutex_, std::chrono::nanoseconds(end - now));
    }
    for (Call* call : calls_) {
      const Nanos still = call->meter_.Look(step);
      if (!call->watched_ || still < call->limit_) continue;
      call->stalled_ = true;
      call->context_.TryCancel();
    }
    step = Step();
  }
}

Call::Call(ActiveCalls& calls, const std::string& token, Nanos limit)
    : calls_(calls), limit_(limit) {
  context_.AddMetadata("fedround-token", token);
  calls_.Add(*this);
}

void Call::Expect() {
  meter_.Moved();
  watched_ = true;
  calls_.Watch();
}

absl::Status Call::End(absl::Status status) const {
  if (status.ok()) return status;
  if (stalled_) {
    return absl::UnavailableError(absl::StrCat("nothing has moved for ", Seconds(limit_), " s"));
  }
  if (absl::IsCancelled(status) && !calls_.cancelled()) {
    return absl::UnavailableError(absl::StrCat("the call was cut off: ", status.message()));
  }
  return status;
}

}  // namespace fedround::client
