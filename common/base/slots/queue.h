// The queue of a run: all of its processes that want a slot, of whom one, the head, looks for it.
//
// A thousand may wait: all but the head sleep in the kernel but for two looks a second. The head
// says again and again that it is there. Of one that does not, because it was killed or stopped,
// the next takes the place, so nobody else of the run waits for it longer than `kHeadLease` and a
// look.
#pragma once

#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/slots/board.h"

namespace fedround::slots {

inline constexpr Nanos kHeadLease = kNanosPerSecond;

// Being the head, until destroyed. Its owner renews Run::head_seen_ns more often than the lease is
// long. Rarely there are two (one that was stopped goes on), which costs
// a little time and no more: slots have locks.
class QueueHead {
 public:
  // Waits for it. What `give_up`, asked twice a second, returns unless OK ends the wait.
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
