// A plug-in value: the name of a table entry and the options given to it.
//
// In TOML it is `"relu"` or `{name = "leaky_relu", slope = 0.1}`. Each table entry declares its
// options as OptionSpecs; FindOptionProblem checks the given ones against them and WithDefaults
// fills in the others, so that code behind the table reads options without checking again.
#pragma once

#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace fedround {

using OptionValue = std::variant<double, std::string, bool>;
using PlugInOptions = std::map<std::string, OptionValue>;

struct PlugIn {
  std::string name;
  PlugInOptions options;

  bool operator==(const PlugIn&) const = default;

  // The option must exist with this type: call only on resolved plug-ins.
  double Number(const std::string& option) const { return std::get<double>(options.at(option)); }
  // For an option whose spec says `whole`, with a range within that of `Integer`.
  template <typename Integer>
  Integer Whole(const std::string& option) const {
    return static_cast<Integer>(Number(option));
  }
  const std::string& Text(const std::string& option) const {
    return std::get<std::string>(options.at(option));
  }
  bool Flag(const std::string& option) const { return std::get<bool>(options.at(option)); }
};

// One option of a table entry. The type of `default_value` is the type of the option.
struct OptionSpec {
  absl::string_view name;
  OptionValue default_value;
  absl::string_view help;
  double min = -std::numeric_limits<double>::infinity();  // numbers only; both ends inclusive
  double max = std::numeric_limits<double>::infinity();
  bool required = false;  // texts only: an empty value is refused
  bool whole = false;     // numbers only: 400.5 is refused
};

// Whether an experiment must give the option: it has no default, or one that is out of range.
bool MustBeGiven(const OptionSpec& spec);

// What every table entry says about itself, for `fedround list` and for validation.
struct PlugInInfo {
  absl::string_view name;
  absl::string_view summary;  // one line
  absl::string_view source;   // paper or formula; may be empty
  std::span<const OptionSpec> options;
};

// A problem with an option that was given, or is missing.
struct OptionProblem {
  std::string option;
  bool unknown = false;  // the entry has no option of that name
  std::string value;     // "3"; empty if it does not matter
  std::string what;      // "must be in [0, 1]", or that it is unknown with the nearest name
};

// The first problem, if there is any: an unknown option, a wrong type, a value out of range, a
// required option that is missing.
std::optional<OptionProblem> FindOptionProblem(const PlugIn& given, const PlugInInfo& info);

// `given` with every option of `info` present. It must have no problem.
PlugIn WithDefaults(const PlugIn& given, const PlugInInfo& info);

// The entry of `names` nearest to `name` by edit distance, or "" if none is near enough to have
// been meant.
std::string NearestName(absl::string_view name, std::span<const absl::string_view> names);

// "unknown activation \"rellu\"; did you mean \"relu\"? (known: gelu, identity, relu)".
absl::Status UnknownNameError(absl::string_view kind, absl::string_view name,
                              std::span<const absl::string_view> known);

}  // namespace fedround
