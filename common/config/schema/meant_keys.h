// Which keys somebody may mean who writes one that does not exist.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace fedround::config {

// `key` of `section` (empty: at the top) as other programs and papers name it ("lr"), as it is
// named here in another section ("rounds"), or cut short ("scale" of "scale_bits"): the keys
// themselves, with a value where that helps, "training.learning_rate", "run.name or data.name".
// Empty if nothing is known.
std::string KeysThatMayBeMeant(absl::string_view section, absl::string_view key);

// All keys that other programs' names are answered with, for tests.
std::vector<absl::string_view> SynonymousKeys();

}  // namespace fedround::config
