#include <string>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "common/base/check.h"
#include "common/wire/chunk.h"
#include "fedround/v1/federation.pb.h"
#include "google/protobuf/stubs/logging.h"
#include "tests/fuzz/support/fuzz_one.h"
#include "tests/fuzz/support/pieces.h"

namespace fedround::fuzz {
namespace {

std::string Joined(std::span<const wire::Bytes> pieces) {
  std::string text;
  for (const wire::Bytes piece : pieces) {
    text.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  }
  return text;
}

// Everything that protobuf accepts must be accepted, except for these cases.
bool MayRefuse(const absl::Status& status, std::size_t size) {
  return absl::StrContains(status.message(), ".data is given twice") ||
         size > wire::kMaxHeaderBytes;
}

template <typename Chunk>
void CheckData(const Chunk& chunk, const std::string& data) {
  CHECK(Joined(chunk.data) == data);
  CHECK(chunk.data_bytes == data.size());
}

void CheckModelChunk(const Pieces& pieces, std::span<const std::uint8_t> message) {
  v1::ModelChunk reference;
  const bool good = reference.ParseFromArray(message.data(), static_cast<int>(message.size()));
  const auto chunk = wire::ParseModelChunk(pieces.spans());
  if (!chunk.ok()) {
    CHECK(!good || MayRefuse(chunk.status(), message.size()));
    return;
  }
  CHECK(good);
  CHECK(chunk->total_bytes == reference.total_bytes());
  CheckData(*chunk, reference.data());
  // Written and read again, it is the same.
  const wire::ChunkPrefix prefix = wire::EncodeChunkPrefix(chunk->total_bytes, chunk->data_bytes);
  std::vector<wire::Bytes> parts = chunk->data;
  parts.insert(parts.begin(), prefix.bytes());
  const auto again = wire::ParseModelChunk(parts);
  CHECK(again.ok() && again->total_bytes == chunk->total_bytes);
  CheckData(*again, reference.data());
}

void CheckUpdateChunk(const Pieces& pieces, std::span<const std::uint8_t> message) {
  v1::UpdateChunk reference;
  const bool good = reference.ParseFromArray(message.data(), static_cast<int>(message.size()));
  const auto chunk = wire::ParseUpdateChunk(pieces.spans());
  if (!chunk.ok()) {
    CHECK(!good || MayRefuse(chunk.status(), message.size()));
    return;
  }
  CHECK(chunk->header.size() <= wire::kMaxHeaderBytes);
  CHECK(chunk->has_header || chunk->header.empty());
  if (!good) return;  // the parser does not look at the header's own fields
  CheckData(*chunk, reference.data());
  CHECK(chunk->has_header == reference.has_header());
  v1::UpdateHeader header;
  CHECK(header.ParseFromString(chunk->header));
  CHECK(header.ByteSizeLong() == reference.header().ByteSizeLong());
}

}  // namespace

// The first byte says how the message is cut into pieces. Protobuf, which reads it in one piece, is
// the reference.
void FuzzOne(std::span<const std::uint8_t> bytes) {
  if (bytes.empty()) return;
  const google::protobuf::LogSilencer silencer;
  const std::span<const std::uint8_t> message = bytes.subspan(1);
  const Pieces pieces(message, 1 + bytes.front());
  CheckModelChunk(pieces, message);
  CheckUpdateChunk(pieces, message);
}

}  // namespace fedround::fuzz
