#include "common/wire/chunk.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

#include "fedround/v1/federation.pb.h"
#include "google/protobuf/stubs/logging.h"
#include "gtest/gtest.h"

namespace fedround::wire {
namespace {

Bytes AsBytes(const std::string& text) { return std::as_bytes(std::span(text)); }

// `text` cut into pieces of up to `size` bytes, with an empty piece in front of each.
std::vector<Bytes> Cut(const std::string& text, std::size_t size) {
  std::vector<Bytes> pieces;
  for (std::size_t offset = 0; offset < text.size(); offset += size) {
    pieces.push_back({});
    pieces.push_back(AsBytes(text).subspan(offset, std::min(size, text.size() - offset)));
  }
  return pieces;
}

std::vector<Bytes> Cut(std::string&&, std::size_t) = delete;  // the pieces point into it

std::string Join(const std::vector<Bytes>& pieces) {
  std::string text;
  for (const Bytes piece : pieces) {
    text.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  }
  return text;
}

std::string PrefixText(const ChunkPrefix& prefix) { return Join({prefix.bytes()}); }

std::string ModelMessage() {
  v1::ModelChunk message;
  message.set_total_bytes(1'000'000'007);
  message.set_data("0123456789abcdef");
  return message.SerializeAsString();
}

std::string UpdateMessage() {
  v1::UpdateChunk message;
  message.mutable_header()->set_run_id("run");
  message.mutable_header()->set_weight(600);
  message.set_data(std::string(300, 'x'));
  return message.SerializeAsString();
}

TEST(EncodeChunkPrefix, GivesProtobufsBytesForAModelsFirstChunk) {
  for (const std::size_t size : {1UL, 127UL, 128UL, 16383UL, 16384UL, 1UL << 20}) {
    v1::ModelChunk message;
    message.set_total_bytes(size << 24);
    message.set_data(std::string(size, 'x'));
    EXPECT_EQ(PrefixText(EncodeChunkPrefix(size << 24, size)) + message.data(),
              message.SerializeAsString());
  }
}

TEST(EncodeChunkPrefix, GivesProtobufsBytesForAnUpdatesChunk) {
  v1::UpdateChunk message;
  message.set_data(std::string(1 << 20, 'x'));
  EXPECT_EQ(PrefixText(EncodeChunkPrefix(0, 1 << 20)) + message.data(),
            message.SerializeAsString());
}

TEST(EncodeChunkPrefix, FitsItsStorageForTheLargestNumbers) {
  EXPECT_LE(EncodeChunkPrefix(~0ULL, ~0ULL).size, ChunkPrefix().storage.size());
}

TEST(ParseModelChunk, ReadsWhatProtobufWritesHoweverItIsCut) {
  const std::string text = ModelMessage();
  for (std::size_t size = 1; size <= text.size(); ++size) {
    const auto chunk = ParseModelChunk(Cut(text, size));
    ASSERT_TRUE(chunk.ok()) << chunk.status();
    EXPECT_EQ(chunk->total_bytes, 1'000'000'007U);
    EXPECT_EQ(chunk->data_bytes, 16U);
    EXPECT_EQ(Join(chunk->data), "0123456789abcdef");
  }
}

TEST(ParseModelChunk, PointsIntoTheMessage) {
  const std::string text = ModelMessage();
  const auto chunk = ParseModelChunk(Cut(text, text.size()));
  ASSERT_TRUE(chunk.ok()) << chunk.status();
  EXPECT_EQ(static_cast<const void*>(chunk->data.front().data()), text.data() + text.size() - 16);
}

TEST(ParseModelChunk, AcceptsAnEmptyMessage) {
  const auto chunk = ParseModelChunk({});
  ASSERT_TRUE(chunk.ok()) << chunk.status();
  EXPECT_EQ(chunk->data_bytes, 0U);
}

TEST(ParseModelChunk, AcceptsFieldsInAnyOrder) {
  v1::ModelChunk data, total;
  data.set_data("abc");
  total.set_total_bytes(7);
  const std::string text = data.SerializeAsString() + total.SerializeAsString();
  const auto chunk = ParseModelChunk(Cut(text, 2));
  ASSERT_TRUE(chunk.ok()) << chunk.status();
  EXPECT_EQ(chunk->total_bytes, 7U);
  EXPECT_EQ(Join(chunk->data), "abc");
}

TEST(ParseModelChunk, SkipsUnknownFieldsOfEveryType) {
  // Field 3 as varint, fixed64, bytes, group (with a nested one) and fixed32.
  const std::string unknown(
      "\x18\x96\x01\x19\0\0\0\0\0\0\0\0\x1a\x02xy\x1b\x08\x01\x23\x24\x1c\x1d\0\0\0\0", 27);
  v1::ModelChunk reference;
  const std::string text = unknown + ModelMessage();
  ASSERT_TRUE(reference.ParseFromString(text));
  const auto chunk = ParseModelChunk(Cut(text, 3));
  ASSERT_TRUE(chunk.ok()) << chunk.status();
  EXPECT_EQ(Join(chunk->data), "0123456789abcdef");
}

TEST(ParseModelChunk, RefusesDataThatIsGivenTwice) {
  const std::string text = ModelMessage() + ModelMessage();
  EXPECT_EQ(ParseModelChunk(Cut(text, 9)).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(ParseModelChunk, RefusesALengthBeyondTheMessage) {
  const std::string text = PrefixText(EncodeChunkPrefix(0, 5)) + "abcd";
  EXPECT_EQ(ParseModelChunk(Cut(text, 9)).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(ParseModelChunk, RefusesGroupsNestedBeyondProtobufsLimit) {
  const std::string text = std::string(200, '\x1b') + std::string(200, '\x1c');
  EXPECT_EQ(ParseModelChunk(Cut(text, 64)).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(ParseUpdateChunk, SeparatesHeaderAndData) {
  const std::string text = UpdateMessage();
  const auto chunk = ParseUpdateChunk(Cut(text, 7));
  ASSERT_TRUE(chunk.ok()) << chunk.status();
  v1::UpdateHeader header;
  ASSERT_TRUE(chunk->has_header && header.ParseFromString(chunk->header));
  EXPECT_EQ(header.weight(), 600U);
  EXPECT_EQ(chunk->data_bytes, 300U);
}

TEST(ParseUpdateChunk, MergesAHeaderInParts) {
  v1::UpdateChunk first, second;
  first.mutable_header()->set_run_id("run");
  second.mutable_header()->set_weight(7);
  const std::string text = first.SerializeAsString() + second.SerializeAsString();
  const auto chunk = ParseUpdateChunk(Cut(text, 5));
  ASSERT_TRUE(chunk.ok()) << chunk.status();
  v1::UpdateHeader header;
  ASSERT_TRUE(header.ParseFromString(chunk->header));
  EXPECT_EQ(header.run_id(), "run");
  EXPECT_EQ(header.weight(), 7U);
}

TEST(ParseUpdateChunk, RefusesAHeaderBeyondItsLimit) {
  v1::UpdateChunk message;
  message.mutable_header()->set_run_id(std::string(kMaxHeaderBytes, 'x'));
  const std::string text = message.SerializeAsString();
  EXPECT_EQ(ParseUpdateChunk(Cut(text, 4096)).status().code(), absl::StatusCode::kInvalidArgument);
}

// Ours and protobuf's verdict on `text`, which must be the same; data given twice is our one
// exception.
void ExpectModelAgreement(const std::string& text, std::size_t cut) {
  const google::protobuf::LogSilencer silencer;
  const auto ours = ParseModelChunk(Cut(text, cut));
  v1::ModelChunk theirs;
  const bool valid = theirs.ParseFromString(text);
  if (!ours.ok()) {
    EXPECT_TRUE(!valid || ours.status().message() == "ModelChunk.data is given twice");
    return;
  }
  ASSERT_TRUE(valid);
  EXPECT_EQ(ours->total_bytes, theirs.total_bytes());
  EXPECT_EQ(Join(ours->data), theirs.data());
}

void ExpectUpdateAgreement(const std::string& text, std::size_t cut) {
  const google::protobuf::LogSilencer silencer;
  const auto ours = ParseUpdateChunk(Cut(text, cut));
  v1::UpdateChunk theirs;
  const bool valid = theirs.ParseFromString(text);
  if (!ours.ok()) {
    EXPECT_TRUE(!valid || ours.status().message() == "UpdateChunk.data is given twice");
    return;
  }
  v1::UpdateHeader header;
  ASSERT_EQ(header.ParseFromString(ours->header), valid);
  if (!valid) return;
  EXPECT_EQ(header.SerializeAsString(), theirs.header().SerializeAsString());
  EXPECT_EQ(Join(ours->data), theirs.data());
}

TEST(ParseChunk, AgreesWithProtobufOnEveryTruncation) {
  for (std::size_t size = 0; size <= ModelMessage().size(); ++size) {
    ExpectModelAgreement(ModelMessage().substr(0, size), 3);
  }
  for (std::size_t size = 0; size <= UpdateMessage().size(); ++size) {
    ExpectUpdateAgreement(UpdateMessage().substr(0, size), 3);
  }
}

TEST(ParseChunk, AgreesWithProtobufOnNumbersOfTooManyBytes) {
  for (int extra = 0; extra < 12; ++extra) {
    const std::string zero = std::string(static_cast<std::size_t>(extra), '\x80') + '\0';
    ExpectModelAgreement("\x08" + zero, 3);
    ExpectModelAgreement("\x12" + zero, 3);
    ExpectModelAgreement("\x1a" + zero, 3);
    ExpectModelAgreement("\x88" + zero + '\0', 3);
    ExpectUpdateAgreement("\x0a" + zero, 3);
  }
}

// Changes up to four bytes of `text`.
std::string Mutate(std::string text, std::mt19937_64& random) {
  for (std::uint64_t i = 1 + random() % 4; i > 0; --i) {
    text[random() % text.size()] = static_cast<char>(random());
  }
  return text;
}

TEST(ParseChunk, AgreesWithProtobufOnMutations) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 10'000; ++i) {
    ExpectModelAgreement(Mutate(ModelMessage(), random), 1 + random() % 20);
    // The short header, not the data, is what mutations should hit.
    ExpectUpdateAgreement(Mutate(UpdateMessage().substr(0, 12), random), 1 + random() % 20);
  }
}

TEST(ParseChunk, AgreesWithProtobufOnRandomBytes) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 10'000; ++i) {
    const std::string text = Mutate(std::string(1 + random() % 6, '\x0b'), random);
    ExpectModelAgreement(text, 1 + random() % 4);
    ExpectUpdateAgreement(text, 1 + random() % 4);
  }
}

}  // namespace
}  // namespace fedround::wire
