#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "tests/common/codec/coding.h"

namespace fedround::codec {
namespace {

std::uint16_t HalfOf(float value) {
  const Bytes payload = Encoded(*Make({{"fp16", {}}}, 1), std::vector<float>{value});
  std::uint16_t half = 0;
  std::memcpy(&half, payload.data(), sizeof(half));
  return half;
}

struct Case {
  float value;
  std::uint16_t half;
};

TEST(Fp16Codec, WritesKnownBitPatterns) {
  for (const auto& [value, half] : {
           Case{0.0F, 0x0000},
           Case{-0.0F, 0x8000},
           Case{1.0F, 0x3c00},
           Case{-2.0F, 0xc000},
           Case{65504.0F, 0x7bff},
           Case{-65504.0F, 0xfbff},
           Case{0.333251953125F, 0x3555},  // nearest to 1/3
           Case{0x1p-14F, 0x0400},         // the smallest normal
           Case{0x1.ff8p-15F, 0x03ff},     // the largest denormal
           Case{0x1p-24F, 0x0001},         // the smallest denormal
           Case{0x1.8p-24F, 0x0002},       // ties go to even ...
           Case{0x1p-25F, 0x0000},         // ... also below it
           Case{0x1.000002p-25F, 0x0001},
           Case{0x1p-149F, 0x0000},
           Case{-0x1p-149F, 0x8000},
           Case{0x1.002p0F, 0x3c00},
           Case{0x1.006p0F, 0x3c02},  // ties
           Case{0x1.002002p0F, 0x3c01},
           Case{0x1.ffep0F, 0x4000},    // the carry goes to the exponent
           Case{0x1.ffep-15F, 0x0400},  // and from denormals to normals
           Case{65519.996F, 0x7bff},    // the largest that does not round to infinity
       }) {
    EXPECT_EQ(HalfOf(value), half) << value;
  }
}

// What a half means, from its definition.
double ValueOf(unsigned half) {
  const unsigned exponent = (half >> 10) & 31;
  const double mantissa = half & 1023;
  const double magnitude = exponent == 0
                               ? std::ldexp(mantissa, -24)
                               : std::ldexp(1024 + mantissa, static_cast<int>(exponent) - 25);
  return (half & 0x8000) != 0 ? -magnitude : magnitude;
}

bool IsFinite(unsigned half) { return (half & 0x7c00) != 0x7c00; }

TEST(Fp16Codec, EveryHalfDecodesToItsValueAndEncodesToItself) {
  Bytes payload;
  std::vector<unsigned> halves;
  for (unsigned half = 0; half < 65536; ++half) {
    if (!IsFinite(half)) continue;
    halves.push_back(half);
    payload.push_back(static_cast<std::byte>(half & 255));
    payload.push_back(static_cast<std::byte>(half >> 8));
  }
  const auto codec = Make({{"fp16", {}}}, halves.size());
  const std::vector<float> values = Decoded(*codec, payload).value();
  for (std::size_t i = 0; i < halves.size(); ++i) {
    ASSERT_EQ(double{values[i]}, ValueOf(halves[i])) << halves[i];
    ASSERT_EQ(std::signbit(values[i]), (halves[i] & 0x8000) != 0) << halves[i];
  }
  EXPECT_EQ(Encoded(*codec, values), payload);
}

// The others come only from a peer that is broken or hostile.
TEST(Fp16Codec, DecodesTheOthersToInfinitiesAndNaNs) {
  for (unsigned half = 0; half < 65536; ++half) {
    if (IsFinite(half)) continue;
    const auto codec = Make({{"fp16", {}}}, 1);
    const float value = Decoded(*codec, BytesOf({half & 255, half >> 8})).value()[0];
    ASSERT_EQ(std::isinf(value), (half & 1023) == 0) << half;
    ASSERT_EQ(std::isnan(value), (half & 1023) != 0) << half;
    ASSERT_EQ(std::signbit(value), (half & 0x8000) != 0) << half;
  }
}

// Every float between two halves goes to the nearer one, and the one in the middle to the even one.
TEST(Fp16Codec, RoundsToNearestEven) {
  for (unsigned half = 0; half < 0x7bff; ++half) {
    const auto middle = static_cast<float>((ValueOf(half) + ValueOf(half + 1)) / 2);
    ASSERT_EQ(HalfOf(std::nextafter(middle, 0.0F)), half) << middle;
    ASSERT_EQ(HalfOf(middle), half + half % 2) << middle;
    ASSERT_EQ(HalfOf(std::nextafter(middle, 1e9F)), half + 1) << middle;
  }
}

TEST(Fp16Codec, RefusesWhatRoundsToInfinity) {
  for (const float value : {65520.0F, -65520.0F, 65536.0F, 131072.0F, 3e38F}) {
    Bytes payload;
    EXPECT_EQ(Make({{"fp16", {}}}, 3)->Encode(std::vector<float>{1, 2, value}, payload),
              absl::InvalidArgumentError(absl::StrCat("fp16: entry 2 is ", value,
                                                      "; fp16 holds only what is below 65520")));
  }
}

}  // namespace
}  // namespace fedround::codec
