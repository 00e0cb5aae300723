// The names that the data itself has for its clients.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace fedround::data {

// Names one after the other, each followed by a NUL: even those of hundreds of thousands of clients
// are one string, which most processes never look into. Empty: the clients' numbers are their
// names.
std::string PackNames(const std::vector<std::string>& names);
// Views of `packed`.
std::vector<absl::string_view> UnpackNames(absl::string_view packed);

// For messages: `client 3`, or `client 3 ("carol")` if it has a name.
std::string ClientText(std::uint64_t client, absl::string_view packed);

}  // namespace fedround::data
