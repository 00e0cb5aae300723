#include "common/data/client_names.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace fedround::data {

std::string PackNames(const std::vector<std::string>& names) {
  std::string packed;
  for (const std::string& name : names) absl::StrAppend(&packed, name, absl::string_view("\0", 1));
  return packed;
}

std::vector<absl::string_view> UnpackNames(absl::string_view packed) {
  std::vector<absl::string_view> names;
  while (!packed.empty()) {
    const std::size_t end = std::min(packed.find('\0'), packed.size() - 1);
    names.push_back(packed.substr(0, end));
    packed.remove_prefix(end + 1);
  }
  return names;
}

std::string ClientText(std::uint64_t client, absl::string_view packed) {
  const std::vector<absl::string_view> names = UnpackNames(packed);
  if (client >= names.size()) return absl::StrCat("client ", client);
  return absl::StrCat("client ", client, " (\"", absl::Utf8SafeCEscape(names[client]), "\")");
}

}  // namespace fedround::data
