#include "client/rpc/call.h"

#include <chrono>

namespace fedround::client {

void ActiveCalls::CancelAll() {
  MutexLock lock(mutex_);
  cancelled_ = true;
  for (grpc::ClientContext* context : contexts_) context->TryCancel();
  changed_.NotifyAll();
}

bool ActiveCalls::Sleep(Nanos duration) {
  const Nanos end = MonotonicNow() + duration;
  MutexLock lock(mutex_);
  for (Nanos now = MonotonicNow(); !cancelled_ && now < end; now = MonotonicNow()) {
    changed_.WaitFor(mutex_, std::chrono::nanoseconds(end - now));
  }
  return !cancelled_;
}

void ActiveCalls::Add(grpc::ClientContext* context) {
  MutexLock lock(mutex_);
  contexts_.insert(context);
  if (cancelled_) context->TryCancel();
}

void ActiveCalls::Remove(grpc::ClientContext* context) {
  MutexLock lock(mutex_);
  contexts_.erase(context);
}

Call::Call(ActiveCalls& calls, const std::string& token, std::optional<Nanos> deadline)
    : calls_(calls) {
  context_.AddMetadata("fedround-token", token);
  if (deadline.has_value()) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::nanoseconds(*deadline));
  }
  calls_.Add(&context_);
}

}  // namespace fedround::client
