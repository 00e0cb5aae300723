// Folds accepted updates on a thread of its own, up to four to a pass over the accumulator.
#pragma once

#include <deque>
#include <functional>
#include <span>

#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/base/serial_worker.h"
#include "common/fold/accumulator.h"
#include "coordinator/upload_intake.h"

namespace fedround::coordinator {

class FoldQueue {
 public:
  // `on_done` is called on the folding thread, once for each update, after its payload was
  // released.
  using OnDone = std::function<void(UploadHandle)>;

  FoldQueue(const fold::Grid& grid, std::size_t parameter_count, UploadIntake& intake,
            OnDone on_done)
      : accumulator_(grid, parameter_count), intake_(intake), on_done_(std::move(on_done)) {}

  // `handle` must be accepted.
  void Add(UploadHandle handle, std::uint64_t weight) {
    {
      MutexLock lock(mutex_);
      pending_.push_back({handle, weight});
    }
    worker_.Run([this] { FoldSome(); });
  }

  // Only while no fold is pending: every Add has been answered by on_done.
  fold::Accumulator& accumulator() { return accumulator_; }
  // Time spent folding since the last call.
  Nanos TakeFoldTime() {
    MutexLock lock(mutex_);
    return std::exchange(fold_ns_, 0);
  }

 private:
  struct Pending {
    UploadHandle handle = 0;
    std::uint64_t weight = 0;
  };
  static constexpr std::size_t kUpdatesAPass = 4;

  void FoldSome() {
    std::vector<Pending> batch;
    {
      MutexLock lock(mutex_);
      while (!pending_.empty() && batch.size() < kUpdatesAPass) {
        batch.push_back(pending_.front());
        pending_.pop_front();
      }
    }
    if (batch.empty()) return;
    const Nanos start = MonotonicNow();
    std::vector<fold::WeightedUpdate> updates;
    for (const Pending& update : batch) {
      updates.push_back({intake_.Payload(update.handle), update.weight});
    }
    accumulator_.Add(updates);
    {
      MutexLock lock(mutex_);
      fold_ns_ += MonotonicNow() - start;
    }
    for (const Pending& update : batch) {
      intake_.Release(update.handle);
      on_done_(update.handle);
    }
  }

  fold::Accumulator accumulator_;
  UploadIntake& intake_;
  const OnDone on_done_;
  Mutex mutex_;
  std::deque<Pending> pending_ ABSL_GUARDED_BY(mutex_);
  Nanos fold_ns_ ABSL_GUARDED_BY(mutex_) = 0;
  SerialWorker worker_;  // last: its thread uses the members above
};

}  // namespace fedround::coordinator
