// A call under way: its token, the watch over it, and the means to cut it off from another thread.
//
// No call has a deadline: a model or an update may take as long as its round, however slow the
// link. Instead, the caller says when something is expected to move, and the call ends if nothing
// does.
#pragma once

#include <grpcpp/client_context.h>

#include <atomic>
#include <string>
#include <thread>
#include <unordered_set>

#include "absl/status/status.h"
#include "common/base/clock.h"
#include "common/base/measure/stall_meter.h"
#include "common/base/mutex.h"

namespace fedround::client {

class Call;

// All calls of a link, and the thread that watches them. Thread-safe.
class ActiveCalls {
 public:
  ActiveCalls() = default;
  ~ActiveCalls();
  ActiveCalls(const ActiveCalls&) = delete;
  ActiveCalls& operator=(const ActiveCalls&) = delete;

  // Cancels the calls under way, and every later one from its start.
  void CancelAll();
  bool cancelled() const;
  // Cancels only the calls under way; they may be tried again.
  void Interrupt();
  // Returns early, with false, once CancelAll was called.
  bool Sleep(Nanos duration);

 private:
  friend class Call;
  void Add(Call& call);
  void Remove(Call& call);
  // Makes sure that the watching thread is awake.
  void Watch();
  void Run();
  // How often to look at the calls that are watched; nothing if none is.
  Nanos Step() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable Mutex mutex_;
  CondVar changed_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool over_ ABSL_GUARDED_BY(mutex_) = false;
  bool watching_ ABSL_GUARDED_BY(mutex_) = false;  // the thread will look again by itself
  std::unordered_set<Call*> calls_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_ ABSL_GUARDED_BY(mutex_);  // from the first call that is watched on
};

class Call {
 public:
  // `limit`: for how long nothing may move while something is expected to.
  Call(ActiveCalls& calls, const std::string& token, Nanos limit);
  ~Call() { calls_.Remove(*this); }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  grpc::ClientContext& context() { return context_; }

  // From now on something must move, or the call is cancelled.
  void Expect();
  void Moved() { meter_.Moved(); }
  // From now on nothing is expected to move.
  void Wait() { watched_ = false; }

  // How the call ended, given gRPC's status: UNAVAILABLE if it stood still or was cut off, by
  // Interrupt or by the coordinator; it may then be tried again.
  absl::Status End(absl::Status status) const;

 private:
  friend class ActiveCalls;

  ActiveCalls& calls_;
  grpc::ClientContext context_;
  const Nanos limit_;
  std::atomic<bool> watched_{false};
  std::atomic<bool> stalled_{false};  // and so cancelled
  StallMeter meter_;
};

}  // namespace fedround::client
