#include "common/ledger/trace/client_clocks.h"

#include <algorithm>

namespace fedround::ledger {

void ClientClocks::Add(const TaskRow& task) {
  std::deque<Stretch>& stretches = clients_[task.client].stretches;
  if (stretches.empty()) stretches.emplace_back();
  // A task without an offset takes that of its neighbours.
  if (task.clock_offset_ns.has_value()) {
    const Nanos bound = std::max<Nanos>(task.clock_bound_ns.value_or(0), 0);
    const Nanos least = *task.clock_offset_ns - bound;
    const Nanos most = *task.clock_offset_ns + bound;
    if (least > stretches.back().most || most < stretches.back().least) stretches.emplace_back();
    Stretch& stretch = stretches.back();
    stretch.least = std::max(stretch.least, least);
    stretch.most = std::min(stretch.most, most);
    stretch.known = true;
  }
  ++stretches.back().tasks;
}

std::optional<Nanos> ClientClocks::Next(ClientId client) {
  const auto found = clients_.find(client);
  if (found == clients_.end()) return std::nullopt;
  auto& [stretches, offset] = found->second;
  while (!stretches.empty() && stretches.front().tasks == 0) stretches.pop_front();
  if (stretches.empty() || !stretches.front().known) return std::nullopt;
  Stretch& stretch = stretches.front();
  --stretch.tasks;
  const Nanos middle = stretch.least + (stretch.most - stretch.least) / 2;
  offset = std::clamp(offset.value_or(middle), stretch.least, stretch.most);
  return offset;
}

}  // namespace fedround::ledger
