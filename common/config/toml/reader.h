// TOML text to TomlValue. Its .cc is the only place that knows toml++.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/config/toml/value.h"

namespace fedround::config {

inline constexpr std::size_t kMaxFileBytes = std::size_t{1} << 20;
// toml++ descends one call per level of a dotted key, so a file of nothing but "[a.a.a..." would
// exhaust the stack. Each level takes a dot: this many in a file, wherever they are, are harmless
// and enough.
inline constexpr std::size_t kMaxDots = 4096;
// The deepest nesting of tables and lists; the schema needs four levels.
inline constexpr int kMaxDepth = 8;

// The most values (keys, elements of lists and the like) in a file or an override; the schema has a
// hundred.
inline constexpr std::size_t kMaxValues = 10'000;

// Whether `text` is a word that needs no quotes on the command line: gelu, data/points.npz.
bool IsBareWord(absl::string_view text);

// The document as a table; `name` is the source of its origins.
// Errors: INVALID_ARGUMENT with "name:line:column: what" for a syntax error, a date or time, or a
// document beyond kMaxFileBytes, kMaxDots, kMaxDepth or kMaxValues.
absl::StatusOr<TomlTable> ReadToml(absl::string_view text, absl::string_view name);

}  // namespace fedround::config
