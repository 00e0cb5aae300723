#include "common/base/printable.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace fedround {
namespace {

struct CodeRange {
  char32_t first;
  char32_t last;
};
// In ascending order. The zero-width joiners U+200C and U+200D belong to the spelling of words.
constexpr CodeRange kUnprintable[] = {
    {0x00, 0x1F},        // C0
    {0x7F, 0x9F},        // DEL and C1
    {0x061C, 0x061C},    // Arabic letter mark
    {0x200B, 0x200B},    // zero-width space
    {0x200E, 0x200F},    // marks of direction
    {0x2028, 0x202E},    // separators of lines and paragraphs; embeddings and overrides
    {0x2060, 0x206F},    // invisible operators, isolates
    {0xFEFF, 0xFEFF},    // byte order mark
    {0xFFF9, 0xFFFB},    // annotations
    {0xE0000, 0xE007F},  // tags
};

bool IsPrintable(char32_t code) {
  const auto* const range = std::ranges::lower_bound(kUnprintable, code, {}, &CodeRange::last);
  return range == std::end(kUnprintable) || code < range->first;
}

// Bytes of the encoding that begins with `first`; 0 if none does.
std::size_t EncodedSize(std::uint8_t first) {
  const int ones = std::countl_one(first);
  if (ones == 0) return 1;
  return ones >= 2 && ones <= 4 ? static_cast<std::size_t>(ones) : 0;
}

// Whether `code` is a character, in no more bytes than it needs.
bool IsWellEncoded(char32_t code, std::size_t size) {
  static constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return code >= kLeast[size] && code <= 0x10FFFF && !surrogate;
}

std::string Escaped(const Character& character) {
  if (character.code == '\n') return "\\n";
  return character.code < 0x80 || !character.valid
             ? absl::StrFormat("\\x%02x", static_cast<std::uint8_t>(character.bytes[0]))
             : absl::StrFormat("\\u%04x", static_cast<std::uint32_t>(character.code));
}

}  // namespace

Character FirstCharacter(absl::string_view text) {
  const Character invalid{.bytes = text.substr(0, 1)};
  const auto first = static_cast<std::uint8_t>(text[0]);
  const std::size_t size = EncodedSize(first);
  if (size == 0 || size > text.size()) return invalid;
  char32_t code = size == 1 ? first : first & (0x7FU >> size);
  for (const char next : text.substr(1, size - 1)) {
    if ((static_cast<std::uint8_t>(next) & 0xC0U) != 0x80) return invalid;
    code = code << 6U | (static_cast<std::uint8_t>(next) & 0x3FU);
  }
  if (!IsWellEncoded(code, size)) return invalid;
  return {
      .bytes = text.substr(0, size), .code = code, .valid = true, .printable = IsPrintable(code)};
}

std::string Printable(absl::string_view text, std::size_t most) {
  constexpr absl::string_view kCut = "...";
  std::string printable;
  std::size_t fits = 0;  // bytes of it that fit together with kCut
  while (!text.empty()) {
    const Character character = FirstCharacter(text);
    absl::StrAppend(&printable,
                    character.printable ? std::string(character.bytes) : Escaped(character));
    if (printable.size() > most) return absl::StrCat(printable.substr(0, fits), kCut);
    if (printable.size() + kCut.size() <= most) fits = printable.size();
    text.remove_prefix(character.bytes.size());
  }
  return printable;
}

std::string Printable(absl::string_view text) {
  return Printable(text, std::numeric_limits<std::size_t>::max() / 2);
}

}  // namespace fedround
