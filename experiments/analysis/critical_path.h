// What a round waited for, from its first moment to its last: the coordinator's own phases, and in
// each collect step the one client whose answer closed it.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"
#include "common/base/clock.h"
#include "common/round/types.h"
#include "experiments/analysis/round_rows.h"

namespace fedround::analysis {

// In chronological order.
enum class PathPart : std::uint8_t {
  kSelect,
  kBroadcast,  // before the client's instruction was sent
  kDelivery,   // until it had it
  kClient,     // the client's own phases except the first, wait_instruction; one part for each. The
               // last one ends when the answer is accepted: the reply travels beside the path
  kWaitFold = kClient + kClientPhases - 1,  // for the folding thread
  kFold,
  kHandover,  // until the coordinator went on
  kOther,     // a step whose path is not known, see `closed_otherwise`
  kWaitEvaluation,
  kCommit,
};
inline constexpr int kPathParts = static_cast<int>(PathPart::kCommit) + 1;

// The part for a phase of the client that a round waited for; not wait_instruction.
constexpr PathPart PartOf(ClientPhase phase) {
  static_assert(static_cast<int>(ClientPhase::kWaitInstruction) == 0);
  return static_cast<PathPart>(static_cast<int>(PathPart::kClient) + static_cast<int>(phase) - 1);
}
absl::string_view NameOf(PathPart part);

struct CriticalPath {
  Nanos part_ns[kPathParts] = {};
  // Steps booked as kOther: a failure or the deadline closed them, or an answer whose client sent
  // no report or has a clock that contradicts ours.
  std::uint64_t closed_otherwise = 0;

  Nanos part(PathPart which) const { return part_ns[static_cast<int>(which)]; }
  Nanos& part(PathPart which) { return part_ns[static_cast<int>(which)]; }
  Nanos part(ClientPhase which) const { return part(PartOf(which)); }
  Nanos sum() const;
};

// For a committed round. If the ledger is right, all parts add up to the round's wall time.
CriticalPath FindCriticalPath(const RoundRows& rows);

}  // namespace fedround::analysis
