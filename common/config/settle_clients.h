// Settles how many clients a run has, if that comes from the data.
#pragma once

#include "absl/status/status.h"
#include "common/config/experiment.h"
#include "common/data/dataset.h"

namespace fedround {

// With data.partition = natural, federation.clients = 0 becomes the number of clients in `dataset`.
// Call it once when running an experiment, before anything else uses the number; a settled
// experiment does not change. Errors: INVALID_ARGUMENT if clients of the data would be left out and
// data.clients does not say that this is intended (the message names them); if the data has no
// clients; or if another key does not fit their number.
absl::Status SettleClients(const data::Dataset& dataset, Experiment& experiment);

// The same; opens the data only if federation.clients = 0. Further errors: those of OpenDataset.
absl::Status SettleClients(Experiment& experiment);

}  // namespace fedround
