// Which keys somebody may mean who writes one that does not exist.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace fedround::config {

// The last part of a path as other programs and papers name it ("lr"), or as it is named here in
// another section ("rounds"): the keys themselves, with a value where that helps,
// "training.learning_rate", "run.name or data.name". Empty if nothing is known.
std::string KeysThatMayBeMeant(absl::string_view key);

}  // namespace fedround::config
