// A compute slot: the right to keep a core busy.
//
// Whoever trains or evaluates takes a slot first, so its time is that of a device with a core to
// itself, and ten processes on two cores do not evict each other. Slots are flocks on numbered
// files that all runs of a user on one machine share; the kernel releases them when a process dies,
// however it dies. A thousand processes may wait: all but the first in the queue sleep in the
// kernel but for two looks a second, and the first one is rung for when a slot is given back.
#pragma once

#include <atomic>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/file.h"

namespace fedround {

class ComputeSlots {
 public:
  // `count` slots; 0: as many as this process has cores. `pin` binds the holder's thread to core i
  // for slot i. Errors: what the file system says of the slots' folder.
  static absl::StatusOr<ComputeSlots> Open(int count, bool pin);

  int count() const { return count_; }

  // Held until destroyed.
  class Slot {
   public:
    Slot(FileLock lock, std::string folder) : lock_(std::move(lock)), folder_(std::move(folder)) {}
    Slot(Slot&&) noexcept = default;
    Slot& operator=(Slot&&) = delete;
    ~Slot();

   private:
    std::optional<FileLock> lock_;
    std::string folder_;  // empty: moved from
  };

  // Waits until a slot is free. Errors: DEADLINE_EXCEEDED if `deadline` (monotonic) comes first;
  // CANCELLED once `stop` is true. A holder that was stopped keeps its slot, so whoever must not
  // hang gives a limit.
  absl::StatusOr<Slot> Take(const std::atomic<bool>& stop,
                            Nanos deadline = std::numeric_limits<Nanos>::max()) const;

 private:
  ComputeSlots(std::string folder, int count, bool pin)
      : folder_(std::move(folder)), count_(count), pin_(pin) {}
  // A free slot, if there is one now.
  absl::StatusOr<std::optional<Slot>> TryTake() const;

  std::string folder_;
  int count_;
  bool pin_;
};

}  // namespace fedround
