// gRPC's log lines in the form of our log, and at a limited pace: gRPC writes a line for many
// things that a peer does, for example a call that claims to be compressed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "common/base/clock.h"
#include "coordinator/rpc/listener/budget.h"

namespace fedround::coordinator {

// A few lines at once, then one per second. Not thread-safe.
class PacedLog {
 public:
  explicit PacedLog(Nanos now) : budget_(kNanosPerSecond, now) {}

  // The line to write for `message`, which says how many were omitted before it; nothing if this
  // one is omitted.
  std::optional<std::string> Line(absl::string_view message, Nanos now);

 private:
  Budget budget_;
  std::uint64_t left_out_ = 0;
};

// From here on, for the whole process. Thread-safe.
void BoundGrpcLog();

}  // namespace fedround::coordinator
