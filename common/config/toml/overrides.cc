#include "common/config/toml/overrides.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/config/toml/reader.h"
#include "common/config/toml/text.h"

namespace fedround::config {
namespace {

constexpr absl::string_view kValueKey = "value";

// Sets the same origin for the value and everything in it.
void SetOrigin(const Origin& origin, TomlValue& value) {
  value.origin = origin;
  if (TomlList* list = value.As<TomlList>()) {
    for (TomlValue& element : *list) SetOrigin(origin, element);
  } else if (TomlTable* table = value.As<TomlTable>()) {
    for (TomlEntry& entry : *table) {
      entry.key_origin = origin;
      SetOrigin(origin, entry.value);
    }
  }
}

// A shell removes the quotes of --set key="": a missing value is the empty text.
absl::StatusOr<TomlValue> ReadValue(absl::string_view text, const Origin& origin) {
  if (text.empty()) text = "\"\"";
  absl::StatusOr<TomlTable> document = ReadToml(absl::StrCat(kValueKey, " = ", text), "value");
  TomlValue value;
  if (document.ok() && document->size() == 1) {
    value = std::move(document->front().value);
  } else if (IsBareWord(text)) {
    value.value = std::string(text);
  } else {
    return absl::InvalidArgumentError(
        absl::StrCat(origin.source, ": the value is not TOML",
                     document.ok() ? "" : absl::StrCat(" (", document.status().message(), ")"),
                     "; a text goes in quotes"));
  }
  SetOrigin(origin, value);
  return value;
}

}  // namespace

absl::StatusOr<TomlTable> ReadOverride(absl::string_view text) {
  const std::pair<absl::string_view, absl::string_view> halves =
      absl::StrSplit(text, absl::MaxSplits('=', 1));
  const absl::string_view path = absl::StripAsciiWhitespace(halves.first);
  const absl::string_view value_text = absl::StripAsciiWhitespace(halves.second);
  const std::vector<absl::string_view> keys = absl::StrSplit(path, '.');
  const bool bare = std::all_of(keys.begin(), keys.end(),
                                [](absl::string_view key) { return KeyText(key) == key; });
  if (!absl::StrContains(text, '=') || !bare || keys.size() > kMaxDepth) {
    return absl::InvalidArgumentError(
        absl::StrCat("--set ", text, ": must be key=value, such as training.learning_rate=0.1"));
  }
  const Origin origin = OriginOfOverride(path, value_text);
  absl::StatusOr<TomlValue> value = ReadValue(value_text, origin);
  if (!value.ok()) return value.status();
  TomlTable table;
  for (auto key = keys.rbegin(); key != keys.rend(); ++key) {
    table = TomlTable{{std::string(*key), origin, *std::move(value)}};
    value = TomlValue{table, origin};
  }
  return table;
}

}  // namespace fedround::config
