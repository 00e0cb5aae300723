// The queue of a run: all of its processes that want a slot. One of them, the head, looks for it.
//
// A thousand may wait: all but the head sleep in the kernel, except for two looks per second. The
// head renews a lease. If it does not, because it was killed or stopped, the next one takes its
// place; so the rest of the run waits no longer for it than `kHeadLease` and one look.
#pragma once

#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/slots/board.h"

namespace fedround::slots {

inline constexpr Nanos kHeadLease = kNanosPerSecond;

// Being the head, until destroyed. Its owner must renew Run::head_seen_ns before the lease expires.
// In rare cases there are two heads (one that was stopped goes on), which costs a little time and
// nothing else: slots have locks.
class QueueHead {
 public:
  // Waits until it is the head. `give_up` is called twice per second; an error from it ends the
  // wait.
  static absl::StatusOr<QueueHead> Become(Run& run, const std::function<absl::Status()>& give_up);
  QueueHead(QueueHead&& other) noexcept;
  QueueHead& operator=(QueueHead&&) = delete;
  ~QueueHead();

 private:
  QueueHead(Run& run, std::uint32_t me) : run_(&run), me_(me) {}
  Run* run_;  // null: moved from
  std::uint32_t me_;
};

}  // namespace fedround::slots
