// What standard output is: a terminal with a width and perhaps colours, or a pipe.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "absl/strings/string_view.h"

namespace fedround::cli {

struct Terminal {
  bool live = false;    // lines can be repainted
  bool colour = false;  // a terminal, and NO_COLOR is not set
};

// Of descriptor `fd`. A terminal that calls itself "dumb" is treated like a pipe.
Terminal DetectTerminal(int fd);

// Columns of the terminal `fd` now; 80 if it does not say.
std::size_t TerminalWidth(int fd);

// `text`, made printable, in red, or bold, if `colour`.
std::string Red(absl::string_view text, bool colour);
std::string Bold(absl::string_view text, bool colour);

// Prints lines without colours to standard output, each made printable.
void PrintLines(std::span<const std::string> lines);

}  // namespace fedround::cli
