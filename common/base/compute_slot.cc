#include "common/base/compute_slot.h"

#include <sched.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/resource_usage.h"
#include "common/base/status_macros.h"

namespace fedround {
namespace {

void PinToCore(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(core), &set);
  sched_setaffinity(0, sizeof(set), &set);  // best effort: a missing core only costs the pinning
}

// flock cannot wait for any of several files, so the first in the queue looks for a free slot this
// often, and the others, far more rarely, for the end of the queue.
constexpr Nanos kFirstLooks = 50'000;
constexpr Nanos kOthersLook = 1'000'000;

// DEADLINE_EXCEEDED or CANCELLED if it is time to give up.
absl::Status Pause(Nanos duration, const std::atomic<bool>& stop, Nanos deadline) {
  if (stop) return absl::CancelledError("stopped while waiting for a compute slot");
  if (MonotonicNow() >= deadline) return absl::DeadlineExceededError("no compute slot in time");
  const timespec pause{0, duration};
  nanosleep(&pause, nullptr);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ComputeSlots> ComputeSlots::Open(int count, bool pin) {
  const char* const runtime = std::getenv("XDG_RUNTIME_DIR");
  const std::string folder =
      runtime != nullptr && *runtime != '\0'
          ? absl::StrCat(runtime, "/fedround-slots")
          : absl::StrCat("/tmp/fedround-slots-", static_cast<unsigned>(getuid()));
  RETURN_IF_ERROR(MakePrivateFolder(folder));
  return ComputeSlots(folder, count > 0 ? count : UsableCores(), pin);
}

absl::StatusOr<ComputeSlots::Slot> ComputeSlots::Take(const std::atomic<bool>& stop,
                                                      Nanos deadline) const {
  auto queue = FileLock::TryAcquire(folder_ + "/queue");
  while (absl::IsFailedPrecondition(queue.status())) {
    RETURN_IF_ERROR(Pause(kOthersLook, stop, deadline));
    queue = FileLock::TryAcquire(folder_ + "/queue");
  }
  RETURN_IF_ERROR(queue.status());
  while (true) {
    for (int i = 0; i < count_; ++i) {
      auto lock = FileLock::TryAcquire(absl::StrCat(folder_, "/slot-", i));
      if (lock.ok()) {
        if (pin_) PinToCore(i);
        return Slot(*std::move(lock));
      }
      if (!absl::IsFailedPrecondition(lock.status())) return lock.status();
    }
    RETURN_IF_ERROR(Pause(kFirstLooks, stop, deadline));
  }
}

}  // namespace fedround
