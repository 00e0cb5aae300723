// How many clients a run has, where the data knows it.
#pragma once

#include "absl/status/status.h"
#include "common/config/experiment.h"
#include "common/data/dataset.h"

namespace fedround {

// With data.partition = natural: federation.clients = 0 becomes as many as `dataset` has. Whoever
// runs an experiment calls it once, before anything else uses the number; a settled experiment
// stays as it is. Errors: INVALID_ARGUMENT if clients of the data would be left out and
// data.clients does not say that this is meant (the message names them); if the data has no
// clients; or if another key does not fit their number.
absl::Status SettleClients(const data::Dataset& dataset, Experiment& experiment);

// The same; opens the data only if federation.clients = 0. Errors also: those of OpenDataset.
absl::Status SettleClients(Experiment& experiment);

}  // namespace fedround
