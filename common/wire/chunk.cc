#include "common/wire/chunk.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/wire/piece_reader.h"

namespace fedround::wire {
namespace {

// ModelChunk.total_bytes and UpdateChunk.header are both field 1.
constexpr std::uint32_t kFirstField = 1;
constexpr std::uint32_t kDataField = 2;

void AppendVarint(std::uint64_t value, ChunkPrefix& prefix) {
  for (; value >= 0x80; value >>= 7) {
    prefix.storage[prefix.size++] = static_cast<std::byte>(value | 0x80);
  }
  prefix.storage[prefix.size++] = static_cast<std::byte>(value);
}

void AppendTag(std::uint32_t field, WireType type, ChunkPrefix& prefix) {
  AppendVarint(std::uint64_t{field} << 3 | static_cast<std::uint64_t>(type), prefix);
}

bool ReadData(PieceReader& reader, std::vector<Bytes>& data, std::size_t& data_bytes) {
  if (!reader.ReadLength(data_bytes)) return false;
  reader.Consume(data_bytes, [&data](Bytes piece) { data.push_back(piece); });
  return true;
}

bool ReadHeader(PieceReader& reader, std::string& header) {
  std::size_t length = 0;
  // If a message field is given several times, its parts are merged as if concatenated.
  if (!reader.ReadLength(length) || length > kMaxHeaderBytes - header.size()) return false;
  reader.Consume(length, [&header](Bytes piece) {
    header.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  });
  return true;
}

// Walks over the fields of `message`. `read_first` reads a field 1 of type `first_type`.
template <typename Chunk, typename ReadFirst>
absl::StatusOr<Chunk> ParseChunk(std::span<const Bytes> message, absl::string_view name,
                                 WireType first_type, ReadFirst read_first) {
  PieceReader reader(message);
  const std::size_t size = reader.remaining();
  Chunk chunk;
  bool has_data = false;
  while (reader.remaining() > 0) {
    FieldTag tag;
    bool good = reader.ReadTag(tag);
    if (good && tag.field == kDataField && tag.type == WireType::kLength) {
      if (has_data) return absl::InvalidArgumentError(absl::StrCat(name, ".data is given twice"));
      has_data = true;
      good = ReadData(reader, chunk.data, chunk.data_bytes);
    } else if (good && tag.field == kFirstField && tag.type == first_type) {
      good = read_first(reader, chunk);
    } else if (good) {
      good = reader.SkipField(tag);
    }
    if (!good) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, ": ", size, " bytes that are not such a message"));
    }
  }
  return chunk;
}

}  // namespace

ChunkPrefix EncodeChunkPrefix(std::uint64_t total_bytes, std::uint64_t data_bytes) {
  ChunkPrefix prefix;
  if (total_bytes > 0) {
    AppendTag(kFirstField, WireType::kVarint, prefix);
    AppendVarint(total_bytes, prefix);
  }
  AppendTag(kDataField, WireType::kLength, prefix);
  AppendVarint(data_bytes, prefix);
  return prefix;
}

absl::StatusOr<ModelChunk> ParseModelChunk(std::span<const Bytes> message) {
  return ParseChunk<ModelChunk>(
      message, "ModelChunk", WireType::kVarint,
      [](PieceReader& reader, ModelChunk& chunk) { return reader.ReadVarint(chunk.total_bytes); });
}

absl::StatusOr<UpdateChunk> ParseUpdateChunk(std::span<const Bytes> message) {
  return ParseChunk<UpdateChunk>(message, "UpdateChunk", WireType::kLength,
                                 [](PieceReader& reader, UpdateChunk& chunk) {
                                   chunk.has_header = true;
                                   return ReadHeader(reader, chunk.header);
                                 });
}

}  // namespace fedround::wire
