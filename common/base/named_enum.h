// Enums whose values have names in files and on screens.
//
// An enum takes part by a function beside it that returns the names in the order of its values,
// from 0 on; a number that is not a value, or a value that nobody may name, has the name "":
//
//   enum class Weighting { kExamples, kUniform };
//   constexpr std::array<const char*, 2> NamesOf(Weighting) { return {"examples", "uniform"}; }
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <type_traits>

#include "absl/strings/string_view.h"

namespace fedround {

template <typename E>
concept NamedEnum = std::is_enum_v<E> && requires(E value) {
  NamesOf(value).size();
};

template <NamedEnum E>
constexpr absl::string_view NameOf(E value) {
  return NamesOf(value)[static_cast<std::size_t>(value)];
}

// The value with that name, if there is one.
template <NamedEnum E>
constexpr std::optional<E> Named(absl::string_view name) {
  const auto names = NamesOf(E{});
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name && !name.empty()) return static_cast<E>(i);
  }
  return std::nullopt;
}

}  // namespace fedround
