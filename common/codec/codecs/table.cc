#include "common/codec/codecs/table.h"

namespace fedround::codec {

std::span<const CodecEntry> CodecTable() {
  static const CodecEntry kEntries[] = {
#define FEDROUND_CODEC(name) name##Entry(),
#include "common/codec/codecs/table.inc"
#undef FEDROUND_CODEC
  };
  return kEntries;
}

}  // namespace fedround::codec
