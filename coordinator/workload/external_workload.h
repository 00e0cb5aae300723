// A model that is not a network of ours: the file of initial weights says of which tensors it
// consists. Data and scores are the clients' alone.
#pragma once

#include "absl/status/statusor.h"
#include "common/config/experiment.h"
#include "coordinator/workload/workload.h"

namespace fedround::coordinator {

// Errors: those of ReadInitialWeights, CheckTensors and LayOut; INVALID_ARGUMENT for more than
// limits.max_parameters.
absl::StatusOr<FreshWorkload> OpenExternalWorkload(const Experiment& experiment);

}  // namespace fedround::coordinator
