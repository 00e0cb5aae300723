// `--set training.learning_rate=0.1`: one key and its value, from the command line.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/config/toml/value.h"

namespace fedround::config {

// The override as a document with that one key. The value is TOML; a bare word that is not valid
// TOML (gelu, data/points.npz) is taken as text. Errors: INVALID_ARGUMENT, starting with "--set"
// and the override itself.
absl::StatusOr<TomlTable> ReadOverride(absl::string_view text);

}  // namespace fedround::config
