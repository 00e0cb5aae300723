// Makes a system call without a time limit return with EINTR now and then.
#pragma once

#include <ctime>

#include "absl/status/statusor.h"
#include "common/base/clock.h"

namespace fedround {

// While it lives, a signal with an empty handler (SIGRTMAX - 3) interrupts the thread that created
// it, repeatedly: a signal that comes just before the call is followed by another.
class Interruption {
 public:
  // Errors: UNKNOWN with the system's words if there is no timer left.
  static absl::StatusOr<Interruption> Every(Nanos period);
  ~Interruption();
  Interruption(Interruption&& other) noexcept;
  Interruption& operator=(Interruption&&) = delete;

 private:
  explicit Interruption(timer_t timer) : timer_(timer), armed_(true) {}
  timer_t timer_;
  bool armed_;
};

}  // namespace fedround
