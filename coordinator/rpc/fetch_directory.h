// The FetchModel calls under way. A peer that does not read its model would keep it in memory for
// as long as it likes, and another one each round: so a call ends with its model. Thread-safe.
#pragma once

#include <grpcpp/server_context.h>

#include <map>

#include "common/base/mutex.h"
#include "common/round/types.h"

namespace fedround::coordinator {

class FetchDirectory {
 public:
  void Add(grpc::CallbackServerContext& call, ModelId model) {
    MutexLock lock(mutex_);
    calls_.emplace(&call, model);
  }
  // Before the call is gone.
  void Remove(grpc::CallbackServerContext& call) {
    MutexLock lock(mutex_);
    calls_.erase(&call);
  }
  // Ends the calls that send `model`. gRPC runs no reaction inside TryCancel, so this may hold the
  // lock; it is what keeps the calls alive.
  void EndCallsOf(ModelId model) {
    MutexLock lock(mutex_);
    for (const auto& [call, sent] : calls_) {
      if (sent == model) call->TryCancel();
    }
  }

 private:
  Mutex mutex_;
  std::map<grpc::CallbackServerContext*, ModelId> calls_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fedround::coordinator
