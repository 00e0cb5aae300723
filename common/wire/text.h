// Turns texts of this program into fields of a message.
#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace fedround::wire {

// `text` in at most `most` bytes of UTF-8, as a field of type string requires. It is cut between
// characters; bytes that are not UTF-8, as in the name of a file, become \x and two digits. A peer
// refuses a whole message if one of its texts is not UTF-8.
std::string Utf8Text(absl::string_view text, std::size_t most);

}  // namespace fedround::wire
