#include "common/wire/text.h"

#include "absl/strings/str_format.h"
#include "common/base/printable.h"

namespace fedround::wire {

std::string Utf8Text(absl::string_view text, std::size_t most) {
  std::string utf8;
  while (!text.empty()) {
    const Character character = FirstCharacter(text);
    const std::string next =
        character.valid ? std::string(character.bytes)
                        : absl::StrFormat("\\x%02x", static_cast<unsigned char>(text.front()));
    if (utf8.size() + next.size() > most) break;
    utf8 += next;
    text.remove_prefix(character.bytes.size());
  }
  return utf8;
}

}  // namespace fedround::wire
