// `fedround train`: trains an experiment's model in one place.
#pragma once

#include "absl/status/statusor.h"
#include "common/config/experiment.h"

namespace fedround::cli {

// Turns an experiment into central training, as a federation of one: a single client in this
// process holds all examples that the experiment deals (data.examples_per_client times the number
// of clients, or the whole training split). It makes as many passes over them as the clients make
// over theirs, run.rounds * training.epochs, each in a round of its own; so momentum starts at zero
// in each pass. Applying it twice is the same as once. Errors: INVALID_ARGUMENT for more epochs or
// examples than their keys can hold, and for a model that is not a network of ours.
absl::StatusOr<Experiment> CentralTraining(Experiment experiment);

}  // namespace fedround::cli
