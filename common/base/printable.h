// Makes text from outside (sent by a peer, read from a file, a file's name, a word of the command
// line) safe for a terminal or a log.
//
// A terminal obeys control characters: they move the cursor, rename the window, overwrite what it
// shows. A newline turns one line into two, the second in somebody else's name; marks of the
// writing direction show text in another order than it has. So whatever shows a line applies
// Printable() at the last moment: nothing that was forgotten on the way gets through.
#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace fedround {

// `text` on one line. Printable UTF-8 stays as it is. Control characters, marks of direction, other
// invisible characters and bytes that are not UTF-8 become escapes: \n, \x1b, \u202e. Applying it
// twice is the same as once.
std::string Printable(absl::string_view text);

// The same in at most `most` >= 3 bytes. If that is not enough, the last three are "...".
std::string Printable(absl::string_view text, std::size_t most);

// The first character of `text`, which must not be empty.
struct Character {
  absl::string_view bytes;  // its encoding; one byte if that is not UTF-8
  char32_t code = 0;
  bool valid = false;      // is UTF-8
  bool printable = false;  // is valid, and stays as it is
};
Character FirstCharacter(absl::string_view text);

}  // namespace fedround
