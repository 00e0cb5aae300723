#include "experiments/cli/screen/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "common/base/printable.h"

namespace fedround::cli {
namespace {

constexpr std::size_t kUsualWidth = 80;

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string Styled(absl::string_view text, bool colour, absl::string_view style) {
  const std::string printable = Printable(text);
  return colour ? absl::StrCat("\x1b[", style, "m", printable, "\x1b[0m") : printable;
}

}  // namespace

Terminal DetectTerminal(int fd) {
  const bool live = isatty(fd) != 0 && Variable("TERM") != "dumb";
  return {.live = live, .colour = live && Variable("NO_COLOR").empty()};
}

std::size_t TerminalWidth(int fd) {
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsualWidth;
  return size.ws_col;
}

std::string Bold(absl::string_view text, bool colour) { return Styled(text, colour, "1"); }

std::string Red(absl::string_view text, bool colour) { return Styled(text, colour, "31"); }

void PrintLines(std::span<const std::string> lines) {
  for (const std::string& line : lines) std::cout << Printable(line) << '\n';
}

}  // namespace fedround::cli
