// ParseExperiment: used by clients, and so kept apart from everything that reads TOML.
#include "common/config/experiment.h"
#include "common/config/schema/tables.h"
#include "common/config/serialized.h"

namespace fedround {

absl::StatusOr<Experiment> ParseExperiment(absl::string_view serialized) {
  return config::ParseSerialized(serialized, config::PlugInTable);
}

}  // namespace fedround
