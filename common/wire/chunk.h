// Tensor bytes inside a protobuf message, without copying them.
//
// ModelChunk and UpdateChunk are ordinary protobuf to any other peer. Here the few bytes of tag and
// length are written in front of memory that stays where it is, and a received message is read as
// the list of slices in which it arrived: the result points into them. (A plain `bytes` field costs
// five times the CPU and a page fault for every 4 KiB.)
//
// The parsers accept every encoding of the messages that protobuf accepts (fields in any order,
// unknown fields, a header in several parts, lengths with more bytes than needed), with one
// exception: `data` given twice is an error, while protobuf would drop the first.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace fedround::wire {

using Bytes = std::span<const std::byte>;

// Everything that precedes the tensor bytes in a chunk.
struct ChunkPrefix {
  std::array<std::byte, 32> storage;
  std::size_t size = 0;

  Bytes bytes() const { return {storage.data(), size}; }
};

// `total_bytes` is ModelChunk.total_bytes; 0 leaves it out. Without it the prefix also serves
// UpdateChunk: both have `data` as field 2.
ChunkPrefix EncodeChunkPrefix(std::uint64_t total_bytes, std::uint64_t data_bytes);

struct ModelChunk {
  std::uint64_t total_bytes = 0;  // 0: not given
  std::vector<Bytes> data;        // pieces of the pieces, in order
  std::size_t data_bytes = 0;
};

struct UpdateChunk {
  bool has_header = false;
  std::string header;  // an encoded UpdateHeader
  std::vector<Bytes> data;
  std::size_t data_bytes = 0;
};

inline constexpr std::size_t kMaxHeaderBytes = 64 * 1024;

// Errors: INVALID_ARGUMENT for bytes that are not such a message, `data` given twice, a header
// beyond kMaxHeaderBytes.
absl::StatusOr<ModelChunk> ParseModelChunk(std::span<const Bytes> message);
absl::StatusOr<UpdateChunk> ParseUpdateChunk(std::span<const Bytes> message);

}  // namespace fedround::wire
