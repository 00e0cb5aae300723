#include "common/ledger/modelled_time.h"

#include <algorithm>

namespace fedround::ledger {
namespace {

bool WasFolded(const RoundRecord& round, ClientId client) {
  const auto at = std::ranges::lower_bound(round.folded, client, {}, &FoldedClient::client);
  return at != round.folded.end() && at->client == client;
}

}  // namespace

Nanos WallTime(const RoundRecord& round) {
  return round.select_ns + round.broadcast_ns + round.collect_ns + round.commit_ns;
}

Nanos DeviceTime(const TaskCost& cost) {
  Nanos sum = 0;
  for (int i = 0; i < kClientPhases; ++i) {
    const auto phase = static_cast<ClientPhase>(i);
    if (phase != ClientPhase::kWaitSlot && phase != ClientPhase::kWaitCredit) {
      sum += cost.phase_ns[i];
    }
  }
  return sum;
}

Nanos ModelledTime(const RoundRecord& round, Nanos slowest_device_ns) {
  return round.select_ns + round.broadcast_ns + round.commit_ns + slowest_device_ns;
}

Nanos ModelledTime(const RoundRecord& round, std::span<const TaskCost> costs) {
  Nanos slowest = 0;
  for (const TaskCost& cost : costs) {
    if (cost.task == TaskKind::kTrain && cost.round == round.round &&
        WasFolded(round, cost.client)) {
      slowest = std::max(slowest, DeviceTime(cost));
    }
  }
  return ModelledTime(round, slowest);
}

}  // namespace fedround::ledger
