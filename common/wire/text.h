// Texts of our own on their way into a message.
#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace fedround::wire {

// `text` as a field of type string may hold it, in at most `most` bytes: cut between characters,
// and bytes that are not UTF-8 (the name of a file may have them) as \x and two digits. A peer
// takes a message with a text that is not UTF-8 for no message at all.
std::string Utf8Text(absl::string_view text, std::size_t most);

}  // namespace fedround::wire
