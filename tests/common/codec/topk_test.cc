#include <gtest/gtest.h>

#include <cstring>

#include "common/base/rng.h"
#include "tests/common/codec/coding.h"

namespace fedround::codec {
namespace {

PlugIn TopK(double k) { return {"topk", {{"k", k}}}; }

std::vector<float> ThereAndBack(const std::vector<PlugIn>& chain,
                                const std::vector<float>& values) {
  const auto codec = Make(chain, values.size());
  return Decoded(*codec, Encoded(*codec, values)).value();
}

// A payload of topk+float32: indices and numbers.
Bytes Payload(const std::vector<std::uint32_t>& indices, const std::vector<float>& numbers) {
  Bytes payload(4 * (indices.size() + numbers.size()));
  if (!indices.empty()) std::memcpy(payload.data(), indices.data(), 4 * indices.size());
  if (!numbers.empty()) {
    std::memcpy(payload.data() + 4 * indices.size(), numbers.data(), 4 * numbers.size());
  }
  return payload;
}

std::size_t KeptOf(double k, std::size_t elements) {
  return Make({TopK(k)}, elements)->facts().max_bytes / 8;
}

TEST(TopKCodec, WritesIndicesThenNumbers) {
  EXPECT_EQ(Encoded(*Make({TopK(0.5)}, 6), std::vector<float>{1, -5, 0.5F, 3, -2, 4}),
            Payload({1, 3, 5}, {-5, 3, 4}));
}

TEST(TopKCodec, KeepsLargestEntriesExactlyAndZeroesTheOthers) {
  EXPECT_EQ(ThereAndBack({TopK(0.5)}, {1, -5, 0.5F, 3, -2, 4}),
            (std::vector<float>{0, -5, 0, 3, 0, 4}));
}

TEST(TopKCodec, KeepsTheFirstOfEqualMagnitudes) {
  EXPECT_EQ(ThereAndBack({TopK(0.5)}, {1, -2, 2, 1, -1, 1}),
            (std::vector<float>{1, -2, 2, 0, 0, 0}));
  EXPECT_EQ(ThereAndBack({TopK(0.5)}, {-1, 1, -1, 1}), (std::vector<float>{-1, 1, 0, 0}));
}

TEST(TopKCodec, TakesTheOrderOfDenormalMagnitudes) {
  constexpr float kSmallest = std::numeric_limits<float>::denorm_min();
  EXPECT_EQ(ThereAndBack({TopK(0.25)}, {-0.0F, kSmallest, -2 * kSmallest, 0}),
            (std::vector<float>{0, 0, -2 * kSmallest, 0}));
}

TEST(TopKCodec, KeepsTheCeilingOfTheFraction) {
  EXPECT_EQ(KeptOf(0.01, 1), 0U) << "all one: no indices, 4 bytes";
  EXPECT_EQ(KeptOf(0.01, 2), 1U);
  EXPECT_EQ(KeptOf(0.01, 100), 1U);
  EXPECT_EQ(KeptOf(0.01, 101), 2U);
  EXPECT_EQ(KeptOf(1e-9, 1000), 1U);
  EXPECT_EQ(KeptOf(0.07, 100), 7U) << "0.07 * 100 is 7.000000000000001";
  EXPECT_EQ(KeptOf(0.29, 100), 29U);
}

TEST(TopKCodec, KeepingAllEqualsFloat32BitForBit) {
  const std::vector<float> values{-0.0F, 1e-45F, -1e-40F, 0, 3, std::bit_cast<float>(0x7fc12345U)};
  const auto codec = Make({TopK(1)}, values.size());
  EXPECT_EQ(codec->name(), "topk{k=1}+float32");
  EXPECT_TRUE(codec->facts().lossless);
  EXPECT_FALSE(codec->facts().biased);
  EXPECT_EQ(Encoded(*codec, values), Encoded(*Make({}, values.size()), values));
  EXPECT_EQ(BitsOf(Decoded(*codec, Encoded(*codec, values)).value()), BitsOf(values));
}

// Against a sort by magnitude and index.
TEST(TopKCodec, SelectsLikeAFullSort) {
  Rng rng(1, RngPurpose::kSyntheticData);
  for (int repetition = 0; repetition < 200; ++repetition) {
    std::vector<float> values(1 + rng.Below(300));
    // Few or many equal ones, far apart or so close that they differ in their last bits.
    const std::uint32_t levels = 1 + rng.Below(40);
    const float step = repetition % 2 == 0 ? 1.0F : 0x1p-20F;
    for (float& value : values) value = static_cast<float>(rng.Below(levels)) * step - 10;
    const auto codec = Make({TopK(0.3)}, values.size());
    const std::size_t kept = std::max(codec->facts().max_bytes / 8, std::uint64_t{1});
    std::vector<std::size_t> order(values.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::stable_sort(order, std::ranges::greater(),
                             [&](std::size_t i) { return std::abs(values[i]); });
    std::vector<float> expected(values.size());
    for (std::size_t j = 0; j < kept; ++j) expected[order[j]] = values[order[j]];
    ASSERT_EQ(Decoded(*codec, Encoded(*codec, values)).value(), expected);
  }
}

TEST(TopKCodec, WritesItsNumbersByTheNextCodec) {
  const auto codec = Make({TopK(0.5), {"int8", {}}}, 4);
  const Bytes payload = Encoded(*codec, std::vector<float>{1, -127, 0.5F, 3});
  EXPECT_EQ(payload, BytesOf({1, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0x80, 0x3f, 0x81, 3}));
  EXPECT_EQ(Decoded(*codec, payload).value(), (std::vector<float>{0, -127, 0, 3}));
}

TEST(TopKCodec, NamesTheEntryThatTheNextCodecRefuses) {
  Bytes payload;
  EXPECT_EQ(Make({TopK(0.5), {"fp16", {}}}, 4)
                ->Encode(std::vector<float>{1, 2, 3, 70000}, payload)
                .message(),
            "topk{k=0.5}+fp16: entry 3 is 70000; fp16 holds only what is below 65520");
}

TEST(TopKCodec, RefusesIndicesThatDoNotAscend) {
  const auto codec = Make({TopK(0.5)}, 6);
  EXPECT_EQ(Decoded(*codec, Payload({1, 1, 2}, {1, 2, 3})).status().message(),
            "topk: index 1 is 1: must be above 1, the one before it");
  EXPECT_EQ(Decoded(*codec, Payload({4, 5, 2}, {1, 2, 3})).status().message(),
            "topk: index 2 is 2: must be above 5, the one before it");
}

TEST(TopKCodec, RefusesIndicesBeyondTheVector) {
  const auto codec = Make({TopK(0.5)}, 6);
  EXPECT_EQ(Decoded(*codec, Payload({1, 2, 6}, {1, 2, 3})).status().message(),
            "topk: index 2 is 6: must be below 6");
  EXPECT_EQ(Decoded(*codec, Payload({1, 2, 0xffffffff}, {1, 2, 3})).status().message(),
            "topk: index 2 is 4294967295: must be below 6");
}

TEST(TopKCodec, RefusesABadIndexBeforeTheNumbersArrive) {
  std::vector<float> values(6);
  const auto codec = Make({TopK(0.5)}, 6);
  EXPECT_FALSE(codec->MakeDecoder(values)->Append(Payload({9}, {})).ok());
}

TEST(TopKCodec, SaysWhatIsMissing) {
  const auto codec = Make({TopK(0.5)}, 6);
  EXPECT_EQ(Decoded(*codec, Payload({1, 2}, {})).status().message(),
            "topk: 8 of the 12 bytes of indices");
  EXPECT_EQ(Decoded(*codec, Payload({1, 2, 3}, {1})).status().message(),
            "float32: 4 of the 12 bytes that 3 entries take");
}

// All at the front, all at the back: where numbers move farthest, and not at all.
TEST(TopKCodec, MovesNumbersToAnyPlace) {
  const auto codec = Make({TopK(0.5)}, 6);
  EXPECT_EQ(Decoded(*codec, Payload({0, 1, 2}, {7, 8, 9}), 5).value(),
            (std::vector<float>{7, 8, 9, 0, 0, 0}));
  EXPECT_EQ(Decoded(*codec, Payload({3, 4, 5}, {7, 8, 9}), 5).value(),
            (std::vector<float>{0, 0, 0, 7, 8, 9}));
}

TEST(TopKCodec, EntriesAreReadyWhileNumbersArrive) {
  std::vector<float> values(6);
  const auto codec = Make({TopK(0.5)}, 6);
  const auto decoder = codec->MakeDecoder(values);
  ASSERT_EQ(decoder->Append(Payload({1, 3, 4}, {7})), absl::OkStatus());
  EXPECT_EQ(decoder->ready(), 2U);
  ASSERT_EQ(decoder->Append(Payload({}, {8, 9})), absl::OkStatus());
  EXPECT_EQ(decoder->ready(), 6U);
}

}  // namespace
}  // namespace fedround::codec
