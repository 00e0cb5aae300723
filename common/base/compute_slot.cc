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

// How often the first in the queue looks for a free slot. flock cannot wait for any of several
// files.
constexpr timespec kPollInterval{0, 50'000};

}  // namespace

absl::StatusOr<ComputeSlots> ComputeSlots::Open(int count, bool pin) {
  const char* const runtime = std::getenv("XDG_RUNTIME_DIR");
  const std::string folder =
      runtime != nullptr && *runtime != '\0'
          ? absl::StrCat(runtime, "/fedround-slots")
          : absl::StrCat("/tmp/fedround-slots-", static_cast<unsigned>(getuid()));
  RETURN_IF_ERROR(MakeFolders(folder));
  return ComputeSlots(folder, count > 0 ? count : UsableCores(), pin);
}

absl::StatusOr<ComputeSlots::Slot> ComputeSlots::Take() const {
  // The queue's lock makes waiters sleep in the kernel; only the first of them looks for a slot.
  ASSIGN_OR_RETURN(const FileLock queue, FileLock::Acquire(folder_ + "/queue"));
  while (true) {
    for (int i = 0; i < count_; ++i) {
      auto lock = FileLock::TryAcquire(absl::StrCat(folder_, "/slot-", i));
      if (lock.ok()) {
        if (pin_) PinToCore(i);
        return Slot(*std::move(lock));
      }
      if (!absl::IsFailedPrecondition(lock.status())) return lock.status();
    }
    nanosleep(&kPollInterval, nullptr);
  }
}

}  // namespace fedround
