// Where clients' clocks are in a picture of the whole run.
//
// The ledger has an offset for each task: an estimate, within a bound. Two tasks of one client,
// each moved by its own estimate, may overlap, and an update may come after the fold that it
// caused. But the bounds come from what caused what, and a clock hardly drifts: so as long as the
// intervals of a client's tasks have a point in common, one offset out of that is right for all of
// them, and moves none against another. Where they have none left, a new offset begins, as near as
// it can be.
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
  // First all tasks; those of a client in their order.
  void Add(const TaskRow& task);
  // Then, for the same tasks in the same order: the coordinator's clock minus the client's. Nothing
  // if no task of the client says where its clock is.
  std::optional<Nanos> Next(ClientId client);

 private:
  // Consecutive tasks that one offset is right for.
  struct Stretch {
    Nanos least = -2 * kLargestTime;
    Nanos most = 2 * kLargestTime;
    bool known = false;
    std::uint64_t tasks = 0;
  };
  struct Client {
    std::deque<Stretch> stretches;
    std::optional<Nanos> offset;  // of the task before
  };

  std::map<ClientId, Client> clients_;
};

}  // namespace fedround::ledger
