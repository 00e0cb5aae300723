// The in-process driver: the same engine, intake, trainer and algorithm as in a real run, without
// sockets and processes. Gives the same bits as the gRPC driver, and runs many clients per second.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/ledger/records.h"
#include "coordinator/coordinator.h"

namespace fedround::simulate {

struct InProcessOptions {
  // Clients that train at the same time; 0: launch.slots, or as many as there are cores.
  int threads = 0;
  // Tests: hand out each step's instructions in an order drawn from this seed. With one thread the
  // updates arrive in that order.
  std::optional<std::uint64_t> shuffle_arrivals;
  // For federation.client_state = "disk".
  std::string state_folder{};
};

// Runs the whole experiment on `coordinator`; Coordinator::Stop from another thread ends it early.
// Errors: those of RunClientHost before round 1.
absl::StatusOr<ledger::Verdict> RunInProcess(coordinator::Coordinator& coordinator,
                                             const InProcessOptions& options);

}  // namespace fedround::simulate
