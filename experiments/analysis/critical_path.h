// What a round waited for, from its first moment to its last: the coordinator's own phases, and in
// each collect step the one client whose answer closed it.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"
#include "common/base/clock.h"
#include "experiments/analysis/round_rows.h"

namespace fedround::analysis {

// In the order of time.
enum class PathPart : std::uint8_t {
  kSelect,
  kBroadcast,  // before the client's instruction was sent
  kDelivery,   // until the client had it
  kQueue,      // the client's own phases, from here on
  kDownload,
  kDecode,
  kWaitSlot,
  kTrain,
  kEncode,
  kWaitCredit,
  kUpload,    // until its answer was accepted: the client hears of that while the rest goes on
  kWaitFold,  // for the folding thread
  kFold,
  kHandover,  // until the coordinator went on
  kOther,     // a step whose path is not known, see `closed_otherwise`
  kWaitEvaluation,
  kCommit,
};
inline constexpr int kPathParts = 17;
inline constexpr absl::string_view kPathPartNames[kPathParts] = {
    "select",    "broadcast", "delivery",       "queue",           "download", "decode",
    "wait_slot", "train",     "encode",         "wait_credit",     "upload",   "wait_fold",
    "fold",      "handover",  "no last answer", "wait_evaluation", "commit"};

struct CriticalPath {
  Nanos part_ns[kPathParts] = {};
  // Steps booked as kOther: a failure or the deadline closed them, or an answer whose client sent
  // no report or has a clock that contradicts ours.
  std::uint64_t closed_otherwise = 0;

  Nanos part(PathPart which) const { return part_ns[static_cast<int>(which)]; }
  Nanos& part(PathPart which) { return part_ns[static_cast<int>(which)]; }
  Nanos sum() const;
};

// For a committed round. If the ledger is right, all parts add up to the round's wall time.
CriticalPath FindCriticalPath(const RoundRows& rows);

}  // namespace fedround::analysis
