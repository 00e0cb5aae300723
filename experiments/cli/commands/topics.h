// The texts of `fedround help TOPIC`: longer explanations of how to use the program.
#pragma once

#include <span>

#include "absl/strings/string_view.h"

namespace fedround::cli {

struct Topic {
  absl::string_view name;
  absl::string_view text;  // lines of at most 80 columns; no newline at the end
};

std::span<const Topic> Topics();

}  // namespace fedround::cli
