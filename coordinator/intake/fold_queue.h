// Folds accepted updates on a thread of its own, up to four per pass over the sums.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/base/process/serial_worker.h"
#include "common/fold/aggregate.h"
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

  // An accepted update, on its way into the sums.
  struct Folding {
    UploadHandle handle = 0;
    ClientId client = 0;
    std::uint64_t weight = 0;
    std::vector<std::uint64_t> scalars;
  };

  FoldQueue(const fold::Grid& grid, const UpdateLayout& layout, UploadIntake& intake,
            OnDone on_done)
      : grid_(grid),
        layout_(layout),
        aggregate_(std::make_shared<fold::Aggregate>(grid, layout)),
        intake_(intake),
        on_done_(std::move(on_done)) {}

  void Add(Folding update) {
    {
      MutexLock lock(mutex_);
      pending_.push_back(std::move(update));
    }
    worker_.Run([this] { FoldSome(); });
  }

  // What was folded since the last call; what follows is folded into another. Call it only while no
  // fold is pending: every Add has been answered by on_done.
  std::shared_ptr<fold::Aggregate> Take() {
    if (spare_ == nullptr) spare_ = std::make_shared<fold::Aggregate>(grid_, layout_);
    return std::exchange(aggregate_, std::exchange(spare_, nullptr));
  }
  // Takes one back, which has been Reset, as memory for later.
  void Reuse(std::shared_ptr<fold::Aggregate> empty) { spare_ = std::move(empty); }
  // What folding has cost since the last call.
  Cost TakeCost() {
    MutexLock lock(mutex_);
    return std::exchange(cost_, {});
  }

 private:
  static constexpr std::size_t kUpdatesAPass = 4;

  void FoldSome() {
    std::vector<Folding> batch;
    {
      MutexLock lock(mutex_);
      while (!pending_.empty() && batch.size() < kUpdatesAPass) {
        batch.push_back(std::move(pending_.front()));
        pending_.pop_front();
      }
    }
    if (batch.empty()) return;
    const Nanos cpu_start = ThreadCpuNow();
    FoldTimes times{.start_ns = MonotonicNow()};
    if (layout_.kept) {
      Keep(batch);
    } else {
      Sum(batch);
    }
    times.end_ns = MonotonicNow();
    {
      MutexLock lock(mutex_);
      cost_.wall_ns += times.end_ns - times.start_ns;
      cost_.cpu_ns += ThreadCpuNow() - cpu_start;
    }
    for (const Folding& update : batch) {
      intake_.Release(update.handle);
      on_done_(update.handle, times);
    }
  }

  void Sum(std::span<const Folding> batch) {
    std::vector<fold::Answer> answers;
    for (const Folding& update : batch) {
      answers.push_back({intake_.Payload(update.handle), update.weight, update.scalars});
    }
    aggregate_->Add(answers);
  }
  void Keep(std::span<const Folding> batch) {
    for (const Folding& update : batch) {
      aggregate_->Keep({update.client, update.weight, intake_.TakePayload(update.handle)});
    }
  }

  const fold::Grid grid_;
  const UpdateLayout layout_;
  std::shared_ptr<fold::Aggregate> aggregate_;
  std::shared_ptr<fold::Aggregate> spare_;  // for the next Take; null: none yet
  UploadIntake& intake_;
  const OnDone on_done_;
  Mutex mutex_;
  std::deque<Folding> pending_ ABSL_GUARDED_BY(mutex_);
  Cost cost_ ABSL_GUARDED_BY(mutex_);
  SerialWorker worker_;  // last: its thread uses the members above
};

}  // namespace fedround::coordinator
