// `fedround train`: an experiment's model trained in one place.
#pragma once

#include "absl/status/statusor.h"
#include "common/config/experiment.h"

namespace fedround::cli {

// The same training without a federation, as a federation of one: a client in this process that
// holds all examples the experiment deals out, data.examples_per_client times as many as there are
// clients, or the whole training split. It makes as many passes over them as the clients make over
// theirs, run.rounds * training.epochs, each a round of its own; so momentum starts at zero in
// each. Doing it twice changes nothing. Errors: INVALID_ARGUMENT for more epochs or examples than
// their keys can hold.
absl::StatusOr<Experiment> CentralTraining(Experiment experiment);

}  // namespace fedround::cli
