#include "common/config/toml/text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/printable.h"

namespace fedround::config {

std::string QuotedText(absl::string_view text) {
  std::string quoted = "\"";
  while (!text.empty()) {
    const Character character = FirstCharacter(text);
    text.remove_prefix(character.bytes.size());
    if (character.code == '"' || character.code == '\\') {
      absl::StrAppend(&quoted, "\\", character.bytes);
    } else if (character.code == '\n') {
      quoted += "\\n";
    } else if (character.code == '\t') {
      quoted += "\\t";
    } else if (character.printable || !character.valid) {
      absl::StrAppend(&quoted, character.bytes);
    } else {
      const auto code = static_cast<std::uint32_t>(character.code);
      if (code <= 0xFFFF) {
        absl::StrAppendFormat(&quoted, "\\u%04X", code);
      } else {
        absl::StrAppendFormat(&quoted, "\\U%08X", code);
      }
    }
  }
  return quoted + "\"";
}

std::string ShownText(absl::string_view text) {
  static constexpr std::size_t kLongest = 60;
  if (text.size() <= kLongest) return QuotedText(text);
  std::size_t end = kLongest;
  // Not in the middle of a UTF-8 sequence.
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return absl::StrCat(QuotedText(text.substr(0, end)), "...");
}

std::string DoubleText(double value) {
  static constexpr double kExactIntegers = 0x1p53;
  const bool negative_zero = value == 0 && std::signbit(value);
  if (std::trunc(value) == value && std::abs(value) < kExactIntegers && !negative_zero) {
    return absl::StrCat(static_cast<std::int64_t>(value));
  }
  char buffer[32];
  const auto result = std::to_chars(buffer, buffer + sizeof(buffer), value);
  std::string text(buffer, result.ptr);
  const bool looks_whole = text.find_first_not_of("-0123456789") == std::string::npos;
  return looks_whole ? text + ".0" : text;
}

std::string KeyText(absl::string_view key) {
  const bool bare = !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
  });
  return bare ? std::string(key) : QuotedText(key);
}

}  // namespace fedround::config
