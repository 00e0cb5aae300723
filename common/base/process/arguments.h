// Command-line options for programs that must start quickly: a table of options, strict parsing,
// help.
//
// `--name value`, `--name=value` and flags `--name`; everything after a lone `--` is left to the
// caller. There are no short options and no positional arguments.
#pragma once

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace fedround {

// One option and where its value goes. A flag sets its bool; a list gets one more value each time.
struct Option {
  absl::string_view name;   // "--out"
  absl::string_view value;  // what the help calls the value, "DIR"; empty for a flag
  absl::string_view help;
  std::variant<bool*, int*, double*, std::string*, std::vector<std::string>*> target;
};

// Stores what `arguments` (without the program's name) say; what follows a lone `--` is appended to
// `rest`. Errors: INVALID_ARGUMENT for an unknown option (with the nearest one), a missing value, a
// value for a flag, text where a number belongs, an option given twice, or anything else.
absl::Status ParseArguments(std::span<char* const> arguments, std::span<const Option> options,
                            std::vector<std::string>& rest);

// One aligned line per option: "  --out DIR   help".
std::string OptionsHelp(std::span<const Option> options);

}  // namespace fedround
