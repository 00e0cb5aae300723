#include <vector>

#include "common/base/check.h"
#include "common/wire/piece_reader.h"
#include "google/protobuf/empty.pb.h"
#include "tests/fuzz/support/fuzz_one.h"
#include "tests/fuzz/support/pieces.h"

namespace fedround::fuzz {
namespace {

// What a walk over a message sees: each field, and the number of bytes that follow it.
struct Walk {
  struct Field {
    std::uint32_t number = 0;
    wire::WireType type = wire::WireType::kVarint;
    std::size_t left = 0;
    bool operator==(const Field&) const = default;
  };
  std::vector<Field> fields;
  bool good = true;  // the walk reached the end
  bool operator==(const Walk&) const = default;
};

Walk WalkOver(const Pieces& pieces) {
  wire::PieceReader reader(pieces.spans());
  Walk walk;
  while (walk.good && reader.remaining() > 0) {
    wire::FieldTag tag;
    walk.good = reader.ReadTag(tag) && reader.SkipField(tag);
    if (walk.good) walk.fields.push_back({tag.field, tag.type, reader.remaining()});
  }
  return walk;
}

}  // namespace

// The first byte says how the message is cut into pieces. Whether it is a message and where its
// fields end must not depend on that, and must agree with protobuf, which parses it as one whose
// fields are all unknown.
void FuzzOne(std::span<const std::uint8_t> bytes) {
  if (bytes.empty()) return;
  const std::span<const std::uint8_t> message = bytes.subspan(1);
  const Walk whole = WalkOver(Pieces(message, message.size()));
  CHECK(WalkOver(Pieces(message, 1 + bytes.front())) == whole);
  google::protobuf::Empty reference;
  const bool good = reference.ParseFromArray(message.data(), static_cast<int>(message.size()));
  CHECK(good == whole.good);
}

}  // namespace fedround::fuzz
