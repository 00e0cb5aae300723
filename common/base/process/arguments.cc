#include "common/base/process/arguments.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/plug_in.h"
#include "common/base/status_macros.h"

namespace fedround {
namespace {

absl::Status UnknownOption(absl::string_view name, std::span<const Option> options) {
  std::vector<absl::string_view> known;
  for (const Option& option : options) known.push_back(option.name);
  const std::string nearest = NearestName(name, known);
  return absl::InvalidArgumentError(absl::StrCat(
      "unknown option ", name,
      nearest.empty() ? "; see --help" : absl::StrCat("; did you mean ", nearest, "?")));
}

absl::Status NotANumber(const Option& option, absl::string_view value, absl::string_view kind) {
  return absl::InvalidArgumentError(
      absl::StrCat(option.name, " = \"", value, "\": must be ", kind));
}

// Stores `value` in the option's target; one overload per type of target.
struct Store {
  const Option& option;
  absl::string_view value;

  absl::Status operator()(bool* flag) const {
    *flag = true;
    return absl::OkStatus();
  }
  absl::Status operator()(int* number) const {
    return absl::SimpleAtoi(value, number) ? absl::OkStatus()
                                           : NotANumber(option, value, "a whole number");
  }
  absl::Status operator()(double* number) const {
    return absl::SimpleAtod(value, number) && std::isfinite(*number)
               ? absl::OkStatus()
               : NotANumber(option, value, "a number");
  }
  absl::Status operator()(std::string* text) const {
    *text = std::string(value);
    return absl::OkStatus();
  }
  absl::Status operator()(std::vector<std::string>* texts) const {
    texts->emplace_back(value);
    return absl::OkStatus();
  }
};

bool MayRepeat(const Option& option) {
  return std::holds_alternative<std::vector<std::string>*>(option.target);
}

}  // namespace

absl::Status ParseArguments(std::span<char* const> arguments, std::span<const Option> options,
                            std::vector<std::string>& rest) {
  std::set<absl::string_view> seen;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const absl::string_view argument = arguments[i];
    if (argument == "--") {
      rest.insert(rest.end(), arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                  arguments.end());
      return absl::OkStatus();
    }
    const std::size_t equals = argument.find('=');
    const absl::string_view name = argument.substr(0, equals);
    if (!absl::StartsWith(name, "--")) {
      return absl::InvalidArgumentError(
          absl::StrCat("unexpected argument \"", argument, "\"; options start with --"));
    }
    const auto option = std::ranges::find(options, name, &Option::name);
    if (option == options.end()) return UnknownOption(name, options);
    if (!seen.insert(option->name).second && !MayRepeat(*option)) {
      return absl::InvalidArgumentError(absl::StrCat(name, " is given twice"));
    }
    std::optional<absl::string_view> value;
    if (equals != absl::string_view::npos) value = argument.substr(equals + 1);
    if (option->value.empty() && value.has_value()) {
      return absl::InvalidArgumentError(absl::StrCat(name, " takes no value"));
    }
    if (!option->value.empty() && !value.has_value()) {
      if (i + 1 == arguments.size()) {
        return absl::InvalidArgumentError(absl::StrCat(name, " needs a value: ", option->value));
      }
      value = arguments[++i];
    }
    RETURN_IF_ERROR(std::visit(Store{*option, value.value_or("")}, option->target));
  }
  return absl::OkStatus();
}

std::string OptionsHelp(std::span<const Option> options) {
  const auto left = [](const Option& option) {
    return option.value.empty() ? std::string(option.name)
                                : absl::StrCat(option.name, " ", option.value);
  };
  std::size_t width = 0;
  for (const Option& option : options) width = std::max(width, left(option).size());
  std::string help;
  for (const Option& option : options) {
    const std::string name = left(option);
    absl::StrAppend(&help, "  ", name, std::string(width - name.size() + 2, ' '), option.help,
                    "\n");
  }
  return help;
}

}  // namespace fedround
