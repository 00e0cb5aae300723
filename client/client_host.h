// A client host: one process that runs one or many clients of a federation.
//
//   once       Join -> Welcome -> open the data, deal it, build the network
//   per task   instruction -> FetchModel -> train, with a compute slot -> Submit -> ReportCost
//   at last    the instruction to leave
//
// When the connection breaks, the link joins again and tasks under way go on: they retry while
// their round is open.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/coordinator_link.h"
#include "common/base/clock.h"
#include "common/round/types.h"

namespace fedround::client {

struct HostOptions {
  std::vector<ClientId> clients;  // ascending
  int threads = 0;           // clients that may work at the same time; 0: as many as compute slots
  bool own_process = false;  // the host is all that this process does: it may forget its start
  Nanos (*now)() = MonotonicNow;  // tests: the clock of another machine
  // Where clients' memory is kept with federation.client_state = "disk".
  std::string state_folder{};
};

// Runs until the coordinator says leave; returns its instruction (reason and exit code).
// Errors: those of CoordinatorLink::Join and NextInstruction;
// FAILED_PRECONDITION if this host's data is not the coordinator's; those of OpenDataset. A task
// that fails by itself (its round closed, its model is gone) is logged and reported, and the host
// goes on.
absl::StatusOr<Instruction> RunClientHost(CoordinatorLink& link, const HostOptions& options);

}  // namespace fedround::client
