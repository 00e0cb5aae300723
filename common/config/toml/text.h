// How values are written in TOML.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace fedround::config {

// A basic string: in quotes, with escapes. `text` is UTF-8.
std::string QuotedText(absl::string_view text);
// The same for an error message: no longer than a line.
std::string ShownText(absl::string_view text);

// The shortest digits that read back as the same double. Whole numbers are written without a point
// if TOML's integers can hold them exactly.
std::string DoubleText(double value);

// A key as part of a path: bare if TOML allows it, otherwise in quotes.
std::string KeyText(absl::string_view key);

}  // namespace fedround::config
