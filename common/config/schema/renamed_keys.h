// Keys that had another name in earlier releases. An error about an old name says the new one; run
// folders of those releases are read as if they had the new names.
#pragma once

#include <span>

#include "absl/strings/string_view.h"

namespace fedround::config {

struct RenamedKey {
  absl::string_view section;
  absl::string_view old_name;
  absl::string_view new_name;
};

std::span<const RenamedKey> RenamedKeys();

// The new name of the key that was `name` in `section`; "" if there was none.
absl::string_view NewNameOf(absl::string_view section, absl::string_view name);

}  // namespace fedround::config
