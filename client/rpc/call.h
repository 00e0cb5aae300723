// A call under way: its token, its deadline, and the way to cut it off from another thread.
#pragma once

#include <grpcpp/client_context.h>

#include <optional>
#include <string>
#include <unordered_set>

#include "common/base/clock.h"
#include "common/base/mutex.h"

namespace fedround::client {

// All calls of a link. Thread-safe.
class ActiveCalls {
 public:
  // Cancels the calls under way, and every later one from its start.
  void CancelAll();
  // Returns early, with false, once CancelAll was called.
  bool Sleep(Nanos duration);

 private:
  friend class Call;
  void Add(grpc::ClientContext* context);
  void Remove(grpc::ClientContext* context);

  Mutex mutex_;
  CondVar changed_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  std::unordered_set<grpc::ClientContext*> contexts_ ABSL_GUARDED_BY(mutex_);
};

class Call {
 public:
  // No `deadline`: the call may last for ever.
  Call(ActiveCalls& calls, const std::string& token, std::optional<Nanos> deadline);
  ~Call() { calls_.Remove(&context_); }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  grpc::ClientContext& context() { return context_; }

 private:
  ActiveCalls& calls_;
  grpc::ClientContext context_;
};

}  // namespace fedround::client
