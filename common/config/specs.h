// What an experiment means to the modules below: the coordinator and every client derive the same
// network and the same deal from it.
#pragma once

#include "common/config/experiment.h"
#include "common/data/dataset.h"
#include "common/nn/network.h"

namespace fedround {

// The network for examples of `dataset`.
nn::NetworkSpec NetworkSpecOf(const Experiment& experiment, const data::Dataset& dataset);
data::DealSpec DealSpecOf(const Experiment& experiment);

}  // namespace fedround
