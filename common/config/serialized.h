// The experiment as bytes, with the plug-in tables as an argument. Apart from Load, so that a
// client, which gets its experiment over the wire, links no TOML.
#pragma once

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/config/experiment.h"
#include "common/config/schema/tables.h"

namespace fedround::config {

inline constexpr std::size_t kMaxSerializedBytes = std::size_t{1} << 20;

// Errors: INVALID_ARGUMENT, as ParseExperiment.
absl::StatusOr<Experiment> ParseSerialized(absl::string_view serialized, TableLookup tables);

}  // namespace fedround::config
