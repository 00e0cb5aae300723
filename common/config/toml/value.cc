#include "common/config/toml/value.h"

#include <algorithm>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "common/config/toml/text.h"

namespace fedround::config {
namespace {

// A float so that TOML can tell it from an integer: 10.0, not 10.
std::string ShownFloat(double value) {
  std::string text = DoubleText(value);
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

}  // namespace

const TomlEntry* FindEntry(const TomlTable& table, absl::string_view key) {
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const TomlEntry& entry) { return entry.key == key; });
  return found == table.end() ? nullptr : &*found;
}

TomlEntry* FindEntry(TomlTable& table, absl::string_view key) {
  return const_cast<TomlEntry*>(FindEntry(std::as_const(table), key));
}

std::string Shown(const TomlValue& value) {
  return std::visit(
      [](const auto& held) -> std::string {
        using T = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<T, bool>) {
          return held ? "true" : "false";
        } else if constexpr (std::is_same_v<T, std::int64_t>) {
          return absl::StrCat(held);
        } else if constexpr (std::is_same_v<T, double>) {
          return ShownFloat(held);
        } else if constexpr (std::is_same_v<T, std::string>) {
          return ShownText(held);
        } else if constexpr (std::is_same_v<T, TomlList>) {
          return held.empty() ? "[]" : "[...]";
        } else {
          return held.empty() ? "{}" : "{...}";
        }
      },
      value.value);
}

}  // namespace fedround::config
