// Which keys may be meant by one that does not exist.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace fedround::config {

// The keys that `key` of `section` (empty: at the top) may mean: a name from other programs and
// papers ("lr"), the name of a key in another section ("rounds"), or a shortened name ("scale" for
// "scale_bits"). As text, with a value where that helps: "training.learning_rate", "run.name or
// data.name". Empty if nothing is known.
std::string KeysThatMayBeMeant(absl::string_view section, absl::string_view key);

// All keys that are suggested for other programs' names, for tests.
std::vector<absl::string_view> SynonymousKeys();

}  // namespace fedround::config
