// Where a user's files of one kind belong.
// Source: XDG Base Directory Specification 0.8, by which relative paths are ignored.
#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace fedround {

// "$VARIABLE/fedround" if `variable` holds an absolute path, else "$HOME/UNDER_HOME/fedround", like
// UserFolder("XDG_CACHE_HOME", ".cache"); nothing if HOME is not an absolute path either. Creates
// nothing.
std::optional<std::string> UserFolder(const char* variable, absl::string_view under_home);

}  // namespace fedround
