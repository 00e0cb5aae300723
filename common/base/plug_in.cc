#include "common/base/plug_in.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/check.h"

namespace fedround {
namespace {

// Levenshtein distance, one row at a time.
std::size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row.back();
}

// What is wrong with a number; empty if nothing is.
std::string NumberProblem(const OptionSpec& spec, double number) {
  if (!(number >= spec.min && number <= spec.max)) {
    return absl::StrCat("must be in [", spec.min, ", ", spec.max, "]");
  }
  return spec.whole && number != std::floor(number) ? "must be a whole number" : "";
}

// Whether a required text is empty.
bool LacksText(const OptionSpec& spec, const OptionValue& value) {
  const std::string* text = std::get_if<std::string>(&value);
  return spec.required && text != nullptr && text->empty();
}

absl::string_view TypeName(const OptionValue& value) {
  static constexpr absl::string_view kNames[] = {"a number", "a text", "true or false"};
  return kNames[value.index()];
}

}  // namespace

std::string NearestName(absl::string_view name, std::span<const absl::string_view> names) {
  std::string nearest;
  std::size_t least = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (absl::string_view candidate : names) {
    // A difference in length is at least as many edits. A name may be as long as a file.
    if (std::max(name.size(), candidate.size()) - std::min(name.size(), candidate.size()) >=
        least) {
      continue;
    }
    if (const std::size_t distance = EditDistance(name, candidate); distance < least) {
      least = distance;
      nearest = std::string(candidate);
    }
  }
  return nearest;
}

absl::Status UnknownNameError(absl::string_view kind, absl::string_view name,
                              std::span<const absl::string_view> known) {
  const std::string nearest = NearestName(name, known);
  return absl::InvalidArgumentError(
      absl::StrCat("unknown ", kind, " \"", name, "\"",
                   nearest.empty() ? "" : absl::StrCat("; did you mean \"", nearest, "\"?"),
                   " (known: ", known.empty() ? "none" : absl::StrJoin(known, ", "), ")"));
}

bool MustBeGiven(const OptionSpec& spec) {
  if (const double* number = std::get_if<double>(&spec.default_value); number != nullptr) {
    return *number < spec.min || *number > spec.max;
  }
  return LacksText(spec, spec.default_value);
}

std::optional<OptionProblem> FindOptionProblem(const PlugIn& given, const PlugInInfo& info) {
  std::vector<absl::string_view> known;
  for (const OptionSpec& spec : info.options) known.push_back(spec.name);
  for (const auto& [name, value] : given.options) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const absl::Status unknown =
        UnknownNameError(absl::StrCat("option of \"", info.name, "\""), name, known);
    return OptionProblem{.option = name, .unknown = true, .what = std::string(unknown.message())};
  }
  for (const OptionSpec& spec : info.options) {
    OptionProblem problem{.option = std::string(spec.name)};
    const auto found = given.options.find(problem.option);
    if (found == given.options.end() ? MustBeGiven(spec) : LacksText(spec, found->second)) {
      problem.what = absl::StrCat("missing: ", spec.help);
      return problem;
    }
    if (found == given.options.end()) continue;
    if (found->second.index() != spec.default_value.index()) {
      problem.what =
          absl::StrCat("must be ", TypeName(spec.default_value), ", not ", TypeName(found->second));
      return problem;
    }
    if (const double* number = std::get_if<double>(&found->second); number != nullptr) {
      problem.value = absl::StrCat(*number);
      problem.what = NumberProblem(spec, *number);
      if (!problem.what.empty()) return problem;
    }
  }
  return std::nullopt;
}

PlugIn WithDefaults(const PlugIn& given, const PlugInInfo& info) {
  CHECK(!FindOptionProblem(given, info).has_value());
  PlugIn whole{std::string(info.name), given.options};
  for (const OptionSpec& spec : info.options) {
    whole.options.emplace(spec.name, spec.default_value);
  }
  return whole;
}

}  // namespace fedround
