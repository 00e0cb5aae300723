// How long a round took, in both senses of the word. The only place for the two formulas: the
// ledger's exports and the progress events use these functions.
#pragma once

#include <span>

#include "common/base/clock.h"
#include "common/ledger/records.h"
#include "common/round/types.h"

namespace fedround::ledger {

// The time on this machine: the coordinator's phases, except idle.
Nanos WallTime(const RoundFigures& round);

// The time the task would have taken if the client had a device of its own: download, decode,
// train, encode and upload. In its other phases it waited for others: for the round, or because it
// shares the machine or the coordinator's buffer with them.
Nanos DeviceTime(const TaskCost& cost);

// The round of a federation of such devices, all working at the same time:
// select + broadcast + commit + the slowest folded client's DeviceTime.
Nanos ModelledTime(const RoundFigures& round, Nanos slowest_device_ns);

// The same, from the costs reported so far: in `costs`, the train tasks of this round's folded
// clients count. A folded client whose report was lost counts as 0.
Nanos ModelledTime(const RoundRecord& round, std::span<const TaskRow> costs);

}  // namespace fedround::ledger
