#include "common/wire/piece_reader.h"

namespace fedround::wire {
namespace {

constexpr int kMaxTagBytes = 5;
constexpr int kMaxLengthBytes = 5;
constexpr int kMaxGroupDepth = 100;

}  // namespace

PieceReader::PieceReader(std::span<const std::span<const std::byte>> pieces) : pieces_(pieces) {
  for (const std::span<const std::byte> piece : pieces) remaining_ += piece.size();
}

void PieceReader::Advance(std::size_t count) {
  offset_ += count;
  if (offset_ == pieces_.front().size()) {
    pieces_ = pieces_.subspan(1);
    offset_ = 0;
  }
}

bool PieceReader::ReadByte(std::uint8_t& value) {
  if (remaining_ == 0) return false;
  Consume(1, [&value](std::span<const std::byte> byte) {
    value = std::to_integer<std::uint8_t>(byte.front());
  });
  return true;
}

bool PieceReader::ReadVarint(int max_bytes, std::uint64_t& value) {
  value = 0;
  for (int i = 0; i < max_bytes; ++i) {
    std::uint8_t byte = 0;
    if (!ReadByte(byte)) return false;
    value |= std::uint64_t{byte & 0x7fU} << (7 * i);
    if (byte < 0x80) return true;
  }
  return false;
}

bool PieceReader::ReadTag(FieldTag& tag) {
  std::uint64_t value = 0;
  if (!ReadVarint(kMaxTagBytes, value)) return false;
  const auto bits = static_cast<std::uint32_t>(value);
  tag = {bits >> 3, static_cast<WireType>(bits & 7)};
  return tag.field != 0;
}

bool PieceReader::ReadLength(std::size_t& length) {
  std::uint64_t value = 0;
  if (!ReadVarint(kMaxLengthBytes, value) || value > remaining_) return false;
  length = value;
  return true;
}

bool PieceReader::Skip(std::size_t count) {
  if (count > remaining_) return false;
  Consume(count, [](std::span<const std::byte>) {});
  return true;
}

bool PieceReader::SkipField(FieldTag tag) { return SkipValue(tag, 0); }

bool PieceReader::SkipValue(FieldTag tag, int depth) {
  std::uint64_t number = 0;
  std::size_t length = 0;
  switch (tag.type) {
    case WireType::kVarint:
      return ReadVarint(number);
    case WireType::kFixed64:
      return Skip(8);
    case WireType::kLength:
      return ReadLength(length) && Skip(length);
    case WireType::kStartGroup:
      return SkipGroup(tag.field, depth + 1);
    case WireType::kFixed32:
      return Skip(4);
    case WireType::kEndGroup:
      break;  // closes a group that was never opened
  }
  return false;
}

bool PieceReader::SkipGroup(std::uint32_t field, int depth) {
  if (depth > kMaxGroupDepth) return false;
  for (FieldTag tag; ReadTag(tag);) {
    if (tag.type == WireType::kEndGroup) return tag.field == field;
    if (!SkipValue(tag, depth)) return false;
  }
  return false;
}

}  // namespace fedround::wire
