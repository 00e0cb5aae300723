#include "common/ledger/modelled_time.h"

#include <algorithm>

namespace fedround::ledger {
namespace {

bool WasFolded(const RoundRecord& round, ClientId client) {
  const auto at = std::ranges::lower_bound(round.folded, client, {}, &AnswerRow::client);
  return at != round.folded.end() && at->client == client;
}

}  // namespace

Nanos WallTime(const RoundFigures& round) {
  Nanos sum = 0;
  for (int i = 0; i < kRoundPhases; ++i) {
    if (static_cast<RoundPhase>(i) != RoundPhase::kIdle) sum += round.phase_ns[i];
  }
  return sum;
}

Nanos DeviceTime(const TaskCost& cost) {
  return cost.phase(ClientPhase::kDownload) + cost.phase(ClientPhase::kDecode) +
         cost.phase(ClientPhase::kTrain) + cost.phase(ClientPhase::kEncode) +
         cost.phase(ClientPhase::kUpload);
}

Nanos ModelledTime(const RoundFigures& round, Nanos slowest_device_ns) {
  return round.phase(RoundPhase::kSelect) + round.phase(RoundPhase::kBroadcast) +
         round.phase(RoundPhase::kCommit) + slowest_device_ns;
}

Nanos ModelledTime(const RoundRecord& round, std::span<const TaskRow> costs) {
  Nanos slowest = 0;
  for (const TaskRow& cost : costs) {
    if (cost.task == TaskKind::kTrain && cost.round == round.round &&
        WasFolded(round, cost.client)) {
      slowest = std::max(slowest, DeviceTime(cost));
    }
  }
  return ModelledTime(round, slowest);
}

}  // namespace fedround::ledger
