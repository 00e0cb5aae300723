// Reads protobuf's primitive parts from a message that is in memory in several pieces.
//
// The limits (five bytes for a tag or a length, ten for any other number, a hundred nested groups)
// are protobuf's own, so that both agree on what is a message. Not thread-safe; the pieces must
// outlive the reader.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace fedround::wire {

enum class WireType : std::uint8_t {
  kVarint = 0,
  kFixed64 = 1,
  kLength = 2,
  kStartGroup = 3,
  kEndGroup = 4,
  kFixed32 = 5,
};

struct FieldTag {
  std::uint32_t field = 0;
  WireType type = WireType::kVarint;
};

class PieceReader {
 public:
  explicit PieceReader(std::span<const std::span<const std::byte>> pieces);

  std::size_t remaining() const { return remaining_; }

  // Each returns false if the message ends inside the part or the part is malformed.
  bool ReadTag(FieldTag& tag);
  bool ReadVarint(std::uint64_t& value) { return ReadVarint(10, value); }
  // Fails for a length that is more than the rest of the message.
  bool ReadLength(std::size_t& length);
  // Skips the value of a field that was introduced by `tag`.
  bool SkipField(FieldTag tag);

  // Calls `take(span)` for each piece of the next `count` bytes. Requires count <= remaining().
  template <typename Take>
  void Consume(std::size_t count, Take take) {
    remaining_ -= count;
    while (count > 0) {
      const std::span<const std::byte> rest = pieces_.front().subspan(offset_);
      const std::size_t size = std::min(rest.size(), count);
      if (size > 0) take(rest.first(size));
      count -= size;
      Advance(size);
    }
  }

 private:
  bool ReadByte(std::uint8_t& value);
  bool ReadVarint(int max_bytes, std::uint64_t& value);
  bool Skip(std::size_t count);
  bool SkipValue(FieldTag tag, int depth);
  bool SkipGroup(std::uint32_t field, int depth);
  void Advance(std::size_t count);

  std::span<const std::span<const std::byte>> pieces_;  // those not yet read to their end
  std::size_t offset_ = 0;                              // in the first of them
  std::size_t remaining_ = 0;
};

}  // namespace fedround::wire
