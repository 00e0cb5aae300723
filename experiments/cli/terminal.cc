#include "experiments/cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace fedround::cli {
namespace {

constexpr std::size_t kUsualWidth = 80;

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
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

std::string Bold(absl::string_view text, bool colour) {
  return colour ? absl::StrCat("\x1b[1m", text, "\x1b[0m") : std::string(text);
}

std::string Red(absl::string_view text, bool colour) {
  return colour ? absl::StrCat("\x1b[31m", text, "\x1b[0m") : std::string(text);
}

}  // namespace fedround::cli
