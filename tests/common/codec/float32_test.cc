#include <gtest/gtest.h>

#include "tests/common/codec/coding.h"

namespace fedround::codec {
namespace {

TEST(Float32Codec, IsLittleEndianWithoutAHeader) {
  EXPECT_EQ(Encoded(*Make({{"float32", {}}}, 2), std::vector<float>{1, -2}),
            BytesOf({0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0}));
}

// So a client need not copy an update in order to send it.
TEST(Float32Codec, IsVerbatim) { EXPECT_TRUE(Make({}, 2)->facts().verbatim); }

TEST(Float32Codec, KeepsTheBitsOfNaNs) {
  const std::vector<float> values{std::bit_cast<float>(0x7fc12345U),
                                  std::bit_cast<float>(0xff800001U)};
  const auto codec = Make({}, 2);
  EXPECT_EQ(BitsOf(Decoded(*codec, Encoded(*codec, values)).value()), BitsOf(values));
}

TEST(Float32Codec, CountsWholeFloatsAsReady) {
  std::vector<float> values(2);
  const auto codec = Make({}, 2);
  const auto decoder = codec->MakeDecoder(values);
  const Bytes payload = BytesOf({0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0});
  ASSERT_EQ(decoder->Append(std::span(payload).first(7)), absl::OkStatus());
  EXPECT_EQ(decoder->ready(), 1U);
  EXPECT_EQ(values[0], 1);
}

TEST(Float32Codec, SaysWhatIsMissing) {
  const auto codec = Make({}, 2);
  EXPECT_EQ(Decoded(*codec, BytesOf({1, 2, 3})).status().message(),
            "float32: 3 of the 8 bytes that 2 entries take");
  EXPECT_EQ(Decoded(*codec, Bytes(9)).status().message(),
            "float32: more than the 8 bytes that 2 entries take");
}

}  // namespace
}  // namespace fedround::codec
