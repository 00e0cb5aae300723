// Text from outside as a terminal or a log may have it: what a peer sent, what stands in a file,
// the name of a file, a word of the command line.
//
// A terminal obeys control characters: they move the cursor, rename the window, paint over what
// stands there. A newline makes two lines of one, the second in somebody else's name; marks of the
// writing direction show text in another order than it has. So whatever shows a line shows
// Printable() of it, at the last moment: nothing that was forgotten on the way gets through.
#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace fedround {

// `text` on one line. Printable UTF-8 stays as it is. Control characters, marks of direction, other
// characters that are never seen and bytes that are not UTF-8 become escapes: \n, \x1b, \u202e.
// Printable text stays the same when this is done again.
std::string Printable(absl::string_view text);

// The same in at most `most` bytes, three or more. If that is not enough for all of it, the last
// three are "...".
std::string Printable(absl::string_view text, std::size_t most);

// The character that `text`, which is not empty, begins with.
struct Character {
  absl::string_view bytes;  // its encoding; one byte where that is not UTF-8
  char32_t code = 0;
  bool valid = false;      // is UTF-8
  bool printable = false;  // is valid, and stays as it is
};
Character FirstCharacter(absl::string_view text);

}  // namespace fedround
