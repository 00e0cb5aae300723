// What an experiment whose model is not a network of ours (model.preset = "external") must say, and
// what would have no effect.
#pragma once

#include "common/config/experiment.h"
#include "common/config/problems.h"

namespace fedround::config {

// `usual`: the experiment that says nothing. Each field of `experiment` must be right by itself.
void CheckExternalModel(const Experiment& experiment, const Experiment& usual, Problems& problems);

}  // namespace fedround::config
