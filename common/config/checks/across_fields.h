// The limits that fields set for each other, which no single field can state.
#pragma once

#include "common/config/experiment.h"
#include "common/config/problems.h"

namespace fedround::config {

// Each field of `experiment` must be within its own range.
void CheckAcrossFields(const Experiment& experiment, Problems& problems);

}  // namespace fedround::config
