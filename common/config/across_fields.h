// What single fields cannot say: the limits that fields set each other.
#pragma once

#include "common/config/experiment.h"
#include "common/config/problems.h"

namespace fedround::config {

// Each field of `experiment` must be within its own range.
void CheckAcrossFields(const Experiment& experiment, Problems& problems);

}  // namespace fedround::config
