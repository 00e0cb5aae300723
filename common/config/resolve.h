// Turns a message with all its fields set into an Experiment, or into a list of what is wrong with
// it.
#pragma once

#include "absl/status/statusor.h"
#include "common/config/experiment.h"
#include "common/config/problems.h"
#include "common/config/schema/tables.h"

namespace fedround::v1 {
class Experiment;
}

namespace fedround::config {

// Checks every field against its rule and every plug-in against its table (filling in the defaults
// of its options); if all are right by themselves, checks the fields against each other. `problems`
// may already hold some. Errors: INVALID_ARGUMENT with all of them.
absl::StatusOr<Experiment> Resolve(v1::Experiment message, TableLookup tables, Problems& problems);

}  // namespace fedround::config
