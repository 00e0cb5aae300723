// The model being broadcast: one buffer, shared by everybody who fetches it.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "common/base/mutex.h"
#include "coordinator/model/model.h"

namespace fedround::coordinator {

// Thread-safe.
class ModelStore {
 public:
  explicit ModelStore(std::shared_ptr<Model> initial) : model_(std::move(initial)) {}

  // NOT_FOUND unless `id` is the published model.
  absl::StatusOr<std::shared_ptr<const Model>> Find(ModelId id) const {
    MutexLock lock(mutex_);
    if (model_->id != id) {
      return absl::NotFoundError("that model is no longer served: its round is over");
    }
    return std::shared_ptr<const Model>(model_);
  }

  std::shared_ptr<const Model> current() const {
    MutexLock lock(mutex_);
    return model_;
  }

  // Serves `next` from now on. Returns the memory of the previous model for reuse; none if somebody
  // is still reading it.
  FloatBuffer Publish(std::shared_ptr<Model> next) {
    {
      MutexLock lock(mutex_);
      model_.swap(next);
    }
    if (next.use_count() > 1) return {};
    // use_count orders nothing by itself: the last reader's reads come before its release, and this
    // fence before whatever is written there next.
    std::atomic_thread_fence(std::memory_order_acquire);
    return std::move(next->parameters);
  }

 private:
  mutable Mutex mutex_;
  std::shared_ptr<Model> model_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fedround::coordinator
