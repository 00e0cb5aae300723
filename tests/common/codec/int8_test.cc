#include <gtest/gtest.h>

#include <cmath>

#include "tests/common/codec/coding.h"

namespace fedround::codec {
namespace {

constexpr float kLargest = std::numeric_limits<float>::max();

std::vector<float> ThereAndBack(const std::vector<float>& values) {
  const auto codec = Make({{"int8", {}}}, values.size());
  return Decoded(*codec, Encoded(*codec, values)).value();
}

// The error, or nothing.
std::string Refused(const std::vector<unsigned>& payload) {
  return std::string(Decoded(*Make({{"int8", {}}}, 2), BytesOf(payload)).status().message());
}

TEST(Int8Codec, IsAScaleAndOneBytePerNumber) {
  EXPECT_EQ(Encoded(*Make({{"int8", {}}}, 4), std::vector<float>{127, -127, 3, 0}),
            BytesOf({0, 0, 0x80, 0x3f, 127, 0x81, 3, 0}));
  EXPECT_EQ(Encoded(*Make({{"int8", {}}}, 2), std::vector<float>{-254, 10}),
            BytesOf({0, 0, 0, 0x40, 0x81, 5}));
}

TEST(Int8Codec, TiesGoToEven) {
  EXPECT_EQ(ThereAndBack({127, 0.5F, 1.5F, 2.5F, -0.5F, -1.5F, 126.5F}),
            (std::vector<float>{127, 0, 2, 2, 0, -2, 126}));
}

TEST(Int8Codec, EveryBlockHasItsOwnScale) {
  std::vector<float> values(1030, 1e-3F);
  values[0] = 127;
  values[1029] = 0.127F;
  const auto codec = Make({{"int8", {}}}, values.size());
  const Bytes payload = Encoded(*codec, values);
  EXPECT_EQ(payload.size(), 1030U + 2 * 4);
  const std::vector<float> decoded = Decoded(*codec, payload).value();
  EXPECT_EQ(decoded[1023], 0);
  EXPECT_NEAR(decoded[1024], 1e-3F, 1e-8F);
}

TEST(Int8Codec, ZerosHaveScaleZero) {
  EXPECT_EQ(Encoded(*Make({{"int8", {}}}, 3), std::vector<float>{0, -0.0F, 0}),
            BytesOf({0, 0, 0, 0, 0, 0, 0}));
}

// The scale of denormal numbers has few bits, or none if it were rounded down.
TEST(Int8Codec, KeepsDenormalNumbers) {
  constexpr float kSmallest = std::numeric_limits<float>::denorm_min();
  EXPECT_EQ(ThereAndBack({kSmallest, 0, -3 * kSmallest}),
            (std::vector<float>{kSmallest, 0, -3 * kSmallest}));
  EXPECT_EQ(ThereAndBack({190 * kSmallest, -64 * kSmallest, 2 * kSmallest}),
            (std::vector<float>{190 * kSmallest, -64 * kSmallest, 2 * kSmallest}));
}

TEST(Int8Codec, TheLargestFloatsStayFinite) {
  for (const float value : {kLargest, std::nextafter(kLargest, 0.0F), kLargest / 2, 0x1p127F}) {
    const std::vector<float> decoded = ThereAndBack({value, -value, 0});
    EXPECT_NEAR(decoded[0] / value, 1, 1e-6);
    EXPECT_NEAR(decoded[1] / value, -1, 1e-6);
  }
}

TEST(Int8Codec, RefusesScalesThatNoEncoderWrites) {
  const std::string range = ": must be in [0, 2.67939e+36]";
  EXPECT_EQ(Refused({0, 0, 0x80, 0xbf, 0, 0}), "int8: scale -1 of entries 0 to 1" + range);
  EXPECT_EQ(Refused({0, 0, 0, 0x80, 0, 0}), "int8: scale -0 of entries 0 to 1" + range);
  EXPECT_EQ(Refused({0, 0, 0x80, 0x7f, 0, 0}), "int8: scale inf of entries 0 to 1" + range);
  EXPECT_EQ(Refused({0, 0, 0xc0, 0x7f, 0, 0}), "int8: scale nan of entries 0 to 1" + range);
  // The float above the largest scale.
  EXPECT_EQ(Refused({0x04, 0x02, 0x01, 0x7c, 0, 0}),
            "int8: scale 2.67939e+36 of entries 0 to 1" + range);
  EXPECT_EQ(Refused({0x03, 0x02, 0x01, 0x7c, 127, 0}), "");
}

TEST(Int8Codec, RefusesMinus128) {
  EXPECT_EQ(Refused({0, 0, 0x80, 0x3f, 5, 0x80}),
            "int8: entries 0 to 1 hold -128: must be in [-127, 127]");
}

TEST(Int8Codec, RefusesNumbersWithScaleZero) {
  EXPECT_EQ(Refused({0, 0, 0, 0, 0, 1}),
            "int8: entries 0 to 1 hold a number other than 0, but their scale is 0");
}

TEST(Int8Codec, SaysWhatIsMissing) {
  const auto codec = Make({{"int8", {}}}, 1026);
  EXPECT_EQ(Decoded(*codec, Bytes(4 + 1024 + 3)).status().message(),
            "int8: 1031 of the 1034 bytes that 1026 entries take");
  EXPECT_EQ(Decoded(*codec, Bytes(4 + 1024 + 5)).status().message(),
            "int8: 1033 of the 1034 bytes that 1026 entries take");
}

}  // namespace
}  // namespace fedround::codec
