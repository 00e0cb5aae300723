// The offsets of clients' clocks for a picture of the whole run.
//
// The ledger has an offset for each task: an estimate, within a bound. Two tasks of one client,
// each moved by its own estimate, may overlap, and an update may seem to come after the fold that
// it caused. But the bounds follow from cause and effect, and a clock hardly drifts. So as long as
// the intervals of a client's tasks have a point in common, one offset from there is right for all
// of them, and moves none against another. When they no longer have one, a new offset begins, as
// near to the old one as possible.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>

#include "common/base/clock.h"
#include "common/ledger/store/run_reader.h"

namespace fedround::ledger {

class ClientClocks {
 public:
  // First add all tasks, those of each client in their order.
  void Add(const TaskRow& task);
  // Then, for the same tasks in the same order: the coordinator's clock minus the client's. Nothing
  // if no task of the client has an offset.
  std::optional<Nanos> Next(ClientId client);

 private:
  // Consecutive tasks with the same offset.
  struct Stretch {
    Nanos least = -2 * kLargestTime;
    Nanos most = 2 * kLargestTime;
    bool known = false;
    std::uint64_t tasks = 0;
  };
  struct Client {
    std::deque<Stretch> stretches;
    std::optional<Nanos> offset;  // of the previous task
  };

  std::map<ClientId, Client> clients_;
};

}  // namespace fedround::ledger
