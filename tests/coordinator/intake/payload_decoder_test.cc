#include "coordinator/intake/payload_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

namespace fedround::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::shared_ptr<const codec::Codec> CodecOf(const std::vector<PlugIn>& chain,
                                            std::size_t elements) {
  return codec::MakeCodec("uplink.codec", chain, elements).value();
}

// Two vectors: three floats as they are, then four as halves.
class Payload : public ::testing::Test {
 protected:
  std::vector<Section> Sections() const {
    return {{"update", "float32", 3, 12}, {"control", "fp16", 4, 8}};
  }
  std::vector<std::byte> Bytes() const {
    std::vector<std::byte> bytes;
    std::vector<std::byte> part;
    EXPECT_TRUE(formats[0].codec->Encode(first, part).ok());
    bytes = part;
    EXPECT_TRUE(formats[1].codec->Encode(second, part).ok());
    bytes.insert(bytes.end(), part.begin(), part.end());
    return bytes;
  }
  // The first error, when the payload comes in pieces of `piece` bytes.
  absl::Status Decode(const std::vector<std::byte>& bytes, std::size_t piece) {
    PayloadDecoder decoder(formats, Sections(), values, grid);
    std::span<const std::byte> left = bytes;
    while (!left.empty()) {
      const auto next = left.first(std::min(piece, left.size()));
      left = left.subspan(next.size());
      if (const absl::Status status = decoder.Append(next); !status.ok()) return status;
    }
    return decoder.Finish();
  }
  std::string Refusal(const std::vector<Section>& sections) {
    const absl::Status status = CheckSections(sections, formats);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(status.message());
  }

  std::vector<SectionFormat> formats = {{"update", CodecOf({}, 3)},
                                        {"control", CodecOf({{"fp16", {}}}, 4)}};
  fold::Grid grid;
  std::vector<float> first = {1, -2, 0.5F};
  std::vector<float> second = {4, 3, 2, -1};
  std::vector<float> values = std::vector<float>(7, 99.0F);
};

TEST_F(Payload, IsItsSectionsInOrderHoweverItIsCut) {
  for (std::size_t piece = 1; piece <= 20; ++piece) {
    std::ranges::fill(values, 99.0F);
    ASSERT_TRUE(Decode(Bytes(), piece).ok()) << piece;
    EXPECT_THAT(values, ElementsAre(1, -2, 0.5F, 4, 3, 2, -1)) << piece;
  }
}

TEST_F(Payload, HasNoByteTooFewOrTooMany) {
  std::vector<std::byte> bytes = Bytes();
  bytes.push_back({});
  EXPECT_THAT(std::string(Decode(bytes, 100).message()), HasSubstr("more bytes"));
  bytes.resize(bytes.size() - 2);
  EXPECT_THAT(std::string(Decode(bytes, 100).message()), HasSubstr("section \"control\""));
}

TEST_F(Payload, NamesTheSectionAndTheEntryThatIsOffTheGrid) {
  second[2] = 17;
  EXPECT_THAT(std::string(Decode(Bytes(), 3).message()),
              ::testing::AllOf(HasSubstr("section \"control\""), HasSubstr("2"), HasSubstr("17")));
  second[2] = 0;
  first[1] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(std::string(Decode(Bytes(), 3).message()), HasSubstr("section \"update\""));
}

TEST_F(Payload, ChecksEntriesThatComeInAnotherOrder) {
  formats = {{"update", CodecOf({{"topk", {{"k", 0.5}}}}, 4)}};
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::uint32_t positions[] = {0, 3};
  const float numbers[] = {1, nan};
  std::vector<std::byte> bytes(16);
  std::copy_n(std::as_bytes(std::span(positions)).begin(), 8, bytes.begin());
  std::copy_n(std::as_bytes(std::span(numbers)).begin(), 8, bytes.begin() + 8);
  const std::vector<Section> sections = {{"update", "topk{k=0.5}+float32", 4, 16}};
  ASSERT_TRUE(CheckSections(sections, formats).ok()) << CheckSections(sections, formats);
  values.resize(4);
  PayloadDecoder decoder(formats, sections, values, grid);
  EXPECT_EQ(decoder.Append(bytes).code(), absl::StatusCode::kInvalidArgument);
  // After an error nothing is decoded any more.
  EXPECT_EQ(decoder.Append(bytes).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(decoder.Finish().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(Payload, HasExactlyTheSectionsOfTheRun) {
  EXPECT_TRUE(CheckSections(Sections(), formats).ok());
  const std::string wanted = "an update of this run has: \"update\", \"control\"";
  const std::vector<Section> good = Sections();
  EXPECT_EQ(Refusal({}), "section \"update\" is missing; " + wanted);
  EXPECT_EQ(Refusal({good[0]}), "section \"control\" is missing; " + wanted);
  EXPECT_EQ(Refusal({good[1], good[0]}), "section \"control\" is out of order; " + wanted);
  EXPECT_EQ(Refusal({good[0], good[0]}), "section \"update\" is there twice; " + wanted);
  EXPECT_EQ(Refusal({good[0], good[1], good[1]}), "section \"control\" is there twice; " + wanted);
  EXPECT_EQ(Refusal({good[0], {"mask", "float32", 4, 16}}),
            "section \"mask\" is unknown; " + wanted);
}

TEST_F(Payload, HasTheCodecTheElementsAndTheBytesOfTheRun) {
  EXPECT_EQ(Refusal({{"update", "int8", 3, 7}}),
            "section \"update\" has codec \"int8\"; in this run it has \"float32\"");
  EXPECT_EQ(Refusal({{"update", "float32", 4, 16}}),
            "section \"update\" has 4 elements; in this run it has 3");
  EXPECT_EQ(Refusal({{"update", "float32", 3, 13}}),
            "section \"update\" has 13 bytes; 3 elements in float32 take 12");
}

TEST_F(Payload, TakesTheMemoryOfItsVectorsAndItsDecoders) {
  EXPECT_EQ(DecodedSize(formats), 7U);
  EXPECT_EQ(DecodingBytes(formats), 28U);
  formats[0].codec = CodecOf({{"topk", {{"k", 0.5}}}}, 3);
  EXPECT_EQ(DecodingBytes(formats), 28U + formats[0].codec->facts().decoder_bytes);
}

}  // namespace
}  // namespace fedround::coordinator
