// Text for enumerations that leave the program: in the ledger, in JSON, on a screen. One table
// beside the enumeration says how its values are called, and a function finds the table:
//
//   enum class Outcome { kDone, kFailed };
//   inline constexpr EnumName<Outcome> kOutcomeNames[] = {{Outcome::kDone, "done"}, ...};
//   constexpr std::span<const EnumName<Outcome>> NamesOf(Outcome) { return kOutcomeNames; }
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <type_traits>

#include "absl/strings/string_view.h"
#include "common/base/check.h"

namespace fedround {

template <typename Enum>
struct EnumName {
  Enum value;
  absl::string_view name;
};

// An enumeration that has such a table.
template <typename T>
concept NamedEnum = std::is_enum_v<T> && requires(T value) {
  NamesOf(value);
};

// Every value that anybody asks for must be in the table.
template <NamedEnum Enum>
absl::string_view TextOf(Enum value) {
  const auto names = NamesOf(value);
  const auto at = std::ranges::find(names, value, &EnumName<Enum>::value);
  CHECK(at != names.end());
  return at->name;
}

// Nothing if no value is called `text`.
template <NamedEnum Enum>
std::optional<Enum> FromText(absl::string_view text) {
  const auto names = NamesOf(Enum{});
  const auto at = std::ranges::find(names, text, &EnumName<Enum>::name);
  return at == names.end() ? std::nullopt : std::optional(at->value);
}

}  // namespace fedround
