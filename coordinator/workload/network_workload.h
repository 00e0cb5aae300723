// A network of our own, trained on a data set that the coordinator deals to the clients.
#pragma once

#include "absl/status/statusor.h"
#include "common/config/experiment.h"
#include "coordinator/workload/workload.h"

namespace fedround::coordinator {

// Errors: those of OpenDataset, SettleClients, DealExamples, Network::Create and MakeInitialModel;
// INVALID_ARGUMENT for a network too large for ledger.health.
absl::StatusOr<FreshWorkload> OpenNetworkWorkload(Experiment& experiment);

}  // namespace fedround::coordinator
