// Loading, with the plug-in tables as an argument: what LoadExperiment and ParseExperimentToml
// share, and what tests call with tables of their own.
#pragma once

#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "common/config/experiment.h"
#include "common/config/schema/tables.h"
#include "common/config/toml/layers.h"

namespace fedround::config {

// Errors: INVALID_ARGUMENT, as LoadExperiment.
absl::StatusOr<Experiment> Load(const TomlDocument& document,
                                std::span<const std::string> overrides, TableLookup tables);

}  // namespace fedround::config
