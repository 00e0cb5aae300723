// The model being broadcast: one buffer, shared by everybody who fetches it.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "common/base/hash.h"
#include "common/base/mutex.h"
#include "coordinator/coordinator.h"

namespace fedround::coordinator {

// Thread-safe, but TakeForUpdate and Publish belong to one thread.
class ModelStore {
 public:
  // NOT_FOUND unless `id` is the published model.
  absl::StatusOr<std::shared_ptr<const Model>> Find(ModelId id) const {
    MutexLock lock(mutex_);
    if (model_ == nullptr || model_->id != id) {
      return absl::NotFoundError("that model is no longer served: its round is over");
    }
    return std::shared_ptr<const Model>(model_);
  }

  std::shared_ptr<const Model> current() const {
    MutexLock lock(mutex_);
    return model_;
  }

  // Withdraws the model so that it can be changed: in place if nobody else reads it, else as a
  // copy. A model then exists once, not twice, however large it is.
  std::shared_ptr<Model> TakeForUpdate() {
    std::shared_ptr<Model> model;
    {
      MutexLock lock(mutex_);
      model = std::move(model_);
    }
    if (model.use_count() == 1) {
      // use_count orders nothing: the last reader's reads come before its release, this before our
      // writes.
      std::atomic_thread_fence(std::memory_order_acquire);
      return model;
    }
    auto copy = std::make_shared<Model>();
    copy->parameters = FloatBuffer(model->parameters.size());
    std::copy_n(model->parameters.data(), model->parameters.size(), copy->parameters.data());
    return copy;
  }

  // Names the model after its bytes and serves it.
  ModelId Publish(std::shared_ptr<Model> model) {
    model->id = Xxh3(std::as_bytes(std::as_const(model->parameters).span()));
    const ModelId id = model->id;
    MutexLock lock(mutex_);
    model_ = std::move(model);
    return id;
  }

 private:
  mutable Mutex mutex_;
  std::shared_ptr<Model> model_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fedround::coordinator
