// The FetchModel calls under way. A peer that does not read its model could keep it in memory for
// ever, and another one each round: so a call ends when its model is withdrawn, or when nothing of
// it has moved for a while. Thread-safe.
#pragma once

#include <grpcpp/server_context.h>

#include <map>

#include "common/base/clock.h"
#include "common/base/measure/stall_meter.h"
#include "common/base/mutex.h"
#include "common/round/types.h"
#include "coordinator/rpc/listener/connection.h"

namespace fedround::coordinator {

class FetchDirectory {
 public:
  struct Fetch {
    ModelId model;
    const Connection& connection;
    StallMeter& meter;  // is told of each chunk that has been sent
  };
  // What `fetch` refers to must live until Remove.
  void Add(grpc::CallbackServerContext& call, const Fetch& fetch) {
    MutexLock lock(mutex_);
    calls_.emplace(&call, fetch);
  }
  // Call it before the call is destroyed.
  void Remove(grpc::CallbackServerContext& call) {
    MutexLock lock(mutex_);
    calls_.erase(&call);
  }
  // Ends the calls that send `model`. gRPC runs no reaction inside TryCancel, so this may hold the
  // lock; it is what keeps the calls alive.
  void EndCallsOf(ModelId model) {
    MutexLock lock(mutex_);
    for (const auto& [call, fetch] : calls_) {
      if (fetch.model == model) call->TryCancel();
    }
  }
  // Call it every `step`: ends the calls that have stood still for `limit`.
  void EndStalled(Nanos step, Nanos limit) {
    MutexLock lock(mutex_);
    for (const auto& [call, fetch] : calls_) {
      fetch.meter.MovedTo(fetch.connection.WireBytes());
      if (fetch.meter.Look(step) >= limit) call->TryCancel();
    }
  }

 private:
  Mutex mutex_;
  std::map<grpc::CallbackServerContext*, Fetch> calls_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fedround::coordinator
