// How the program prints numbers and names.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "absl/strings/string_view.h"

namespace fedround::cli {

// "812 B", "15.2 MiB".
std::string BytesText(std::uint64_t bytes);
// "0.061 s", "12.3 s", "4:05 min", "2:03:10 h".
std::string SecondsText(double seconds);
// "1 round", "20 rounds".
std::string CountText(std::uint64_t count, absl::string_view noun);
// "43.1 %" of a share of 0.431.
std::string PercentText(double share);
// "43 %"; "0 %" if `whole` is not positive.
std::string ShareText(double part, double whole);

// A command line that a shell reads back as `arguments`.
std::string ShellText(std::span<const std::string> arguments);

}  // namespace fedround::cli
