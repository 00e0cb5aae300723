// A message with all its fields set becomes an Experiment, or a list of what is wrong with it.
#pragma once

#include "absl/status/statusor.h"
#include "common/config/experiment.h"
#include "common/config/problems.h"
#include "common/config/schema/tables.h"

namespace fedround::v1 {
class Experiment;
}

namespace fedround::config {

// Checks every field against its rule, every plug-in against its table (filling in the defaults of
// its options), then the fields against each other; the last only if all are right by themselves.
// `problems` may hold some already. Errors: INVALID_ARGUMENT with all of them.
absl::StatusOr<Experiment> Resolve(v1::Experiment message, TableLookup tables, Problems& problems);

}  // namespace fedround::config
