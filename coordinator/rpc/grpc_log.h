// What gRPC has to say, in the form of our log and at a pace that no peer can drive: it writes a
// line for much that a peer does, a call that claims to be compressed for one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "common/base/clock.h"
#include "coordinator/rpc/listener/budget.h"

namespace fedround::coordinator {

// Some lines at a time, then one each second. Not thread-safe.
class PacedLog {
 public:
  explicit PacedLog(Nanos now) : budget_(kNanosPerSecond, now) {}

  // The line to write for `message`, which says how many were left out before it; nothing if this
  // one is left out.
  std::optional<std::string> Line(absl::string_view message, Nanos now);

 private:
  Budget budget_;
  std::uint64_t left_out_ = 0;
};

// From here on, for the whole process. Thread-safe.
void BoundGrpcLog();

}  // namespace fedround::coordinator
