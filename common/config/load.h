// Loading, with the plug-in tables as an argument: shared by LoadExperiment and
// ParseExperimentToml, and called by tests with their own tables.
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
