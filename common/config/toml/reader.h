// TOML text to TomlValue. The one place that knows toml++.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/config/toml/value.h"

namespace fedround::config {

inline constexpr std::size_t kMaxFileBytes = std::size_t{1} << 20;
// toml++ descends one call a level of a dotted key, so a file of nothing but "[a.a.a..." would
// exhaust the stack. A level costs a dot: this many in a file, wherever they stand, are harmless
// and enough.
inline constexpr std::size_t kMaxDots = 4096;
// Tables and lists inside one another; the schema needs four.
inline constexpr int kMaxDepth = 8;

// Keys, elements of lists and all else that has a value, in a file or an override; the schema has a
// hundred.
inline constexpr std::size_t kMaxValues = 10'000;

// A word that may stand without quotes where no TOML does: gelu, data/points.npz.
bool IsBareWord(absl::string_view text);

// The document as a table; `name` is the source of its origins.
// Errors: INVALID_ARGUMENT with "name:line:column: what" for a syntax error, a date or time, or a
// document beyond kMaxFileBytes, kMaxDots, kMaxDepth or kMaxValues.
absl::StatusOr<TomlTable> ReadToml(absl::string_view text, absl::string_view name);

}  // namespace fedround::config
