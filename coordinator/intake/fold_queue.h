// Folds accepted updates on a thread of its own, up to four per pass over the accumulator.
#pragma once

#include <deque>
#include <functional>
#include <span>

#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/base/process/serial_worker.h"
#include "common/fold/accumulator.h"
#include "coordinator/intake/upload_intake.h"

namespace fedround::coordinator {

// When an update was added to the sum, and what that cost.
struct FoldTimes {
  Nanos start_ns = 0;
  Nanos end_ns = 0;
};

class FoldQueue {
 public:
  // `on_done` is called on the folding thread, once for each update, after its payload was
  // released.
  using OnDone = std::function<void(UploadHandle, const FoldTimes&)>;
  struct Cost {
    Nanos wall_ns = 0;
    Nanos cpu_ns = 0;
  };

  FoldQueue(const fold::Grid& grid, std::size_t update_size, UploadIntake& intake, OnDone on_done)
      : accumulator_(grid, update_size), intake_(intake), on_done_(std::move(on_done)) {}

  // `handle` must be accepted.
  void Add(UploadHandle handle, std::uint64_t weight) {
    {
      MutexLock lock(mutex_);
      pending_.push_back({handle, weight});
    }
    worker_.Run([this] { FoldSome(); });
  }

  // Call it only while no fold is pending: every Add has been answered by on_done.
  fold::Accumulator& accumulator() { return accumulator_; }
  // What folding has cost since the last call.
  Cost TakeCost() {
    MutexLock lock(mutex_);
    return std::exchange(cost_, {});
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
    const Nanos cpu_start = ThreadCpuNow();
    FoldTimes times{.start_ns = MonotonicNow()};
    std::vector<fold::WeightedUpdate> updates;
    for (const Pending& update : batch) {
      updates.push_back({intake_.Payload(update.handle), update.weight});
    }
    accumulator_.Add(updates);
    times.end_ns = MonotonicNow();
    {
      MutexLock lock(mutex_);
      cost_.wall_ns += times.end_ns - times.start_ns;
      cost_.cpu_ns += ThreadCpuNow() - cpu_start;
    }
    for (const Pending& update : batch) {
      intake_.Release(update.handle);
      on_done_(update.handle, times);
    }
  }

  fold::Accumulator accumulator_;
  UploadIntake& intake_;
  const OnDone on_done_;
  Mutex mutex_;
  std::deque<Pending> pending_ ABSL_GUARDED_BY(mutex_);
  Cost cost_ ABSL_GUARDED_BY(mutex_);
  SerialWorker worker_;  // last: its thread uses the members above
};

}  // namespace fedround::coordinator
