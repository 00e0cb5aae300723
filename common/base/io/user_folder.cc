#include "common/base/io/user_folder.h"

#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace fedround {

std::optional<std::string> UserFolder(const char* variable, absl::string_view under_home) {
  const char* folder = std::getenv(variable);
  if (folder != nullptr && folder[0] == '/') return absl::StrCat(folder, "/fedround");
  const char* home = std::getenv("HOME");
  if (home == nullptr || home[0] != '/') return std::nullopt;
  return absl::StrCat(home, "/", under_home, "/fedround");
}

}  // namespace fedround
