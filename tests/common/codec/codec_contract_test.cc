// What holds for every chain of codecs that the table allows.
#include <gtest/gtest.h>

#include <cctype>
#include <cmath>
#include <cstring>

#include "common/base/rng.h"
#include "common/codec/codec.h"
#include "common/codec/distortion.h"
#include "tests/common/codec/coding.h"
#include "tests/support/codec_chains.h"

namespace fedround::codec {
namespace {

constexpr std::size_t kSizes[] = {0, 1, 2, 1023, 1024, 1025, 2049, 100003};
constexpr std::size_t kPieces[] = {1, 2, 3, 5, 7, 1021, 4096};

using Values = std::vector<float>;

// Like an update: most entries small, some large, some 0.
Values LikeAnUpdate(std::size_t size) {
  Rng rng(7, RngPurpose::kSyntheticData);
  Values values(size);
  for (float& value : values) {
    value = static_cast<float>(0.01 * rng.NextNormal() * std::exp(rng.NextNormal()));
    if (rng.Below(50) == 0) value = rng.Below(2) == 0 ? 0.0F : -0.0F;
  }
  return values;
}

// From denormal floats to 1,000, in blocks of similar magnitude and across.
Values OfAllMagnitudes(std::size_t size) {
  Rng rng(8, RngPurpose::kSyntheticData);
  Values values(size);
  for (std::size_t i = 0; i < size; ++i) {
    const double top = i % 4096 < 2048 ? -149.0 + static_cast<double>(i % 2048) / 16 : 9;
    values[i] =
        static_cast<float>(std::exp2(top - 20 * rng.NextDouble()) * (rng.Below(2) == 0 ? 1 : -1));
  }
  return values;
}

std::vector<Values> ValuesOf(std::size_t size) {
  return {LikeAnUpdate(size), OfAllMagnitudes(size), Values(size, 0.0F), Values(size, -0.75F)};
}

class EveryCodec : public ::testing::TestWithParam<Chain> {
 protected:
  static std::unique_ptr<const Codec> Of(std::size_t elements) {
    return Make(GetParam(), elements);
  }
};

TEST_P(EveryCodec, DecodesWithinItsBounds) {
  for (const std::size_t size : kSizes) {
    const auto codec = Of(size);
    for (const Values& values : ValuesOf(size)) {
      const Values decoded = Decoded(*codec, Encoded(*codec, values)).value();
      const std::vector<double> bounds = codec->ErrorBounds(values);
      for (std::size_t i = 0; i < size; ++i) {
        ASSERT_LE(std::abs(double{decoded[i]} - double{values[i]}), bounds[i])
            << codec->name() << ", entry " << i << " of " << size << ": " << values[i];
      }
    }
  }
}

TEST_P(EveryCodec, IsLosslessIfItSaysSo) {
  for (const std::size_t size : kSizes) {
    const auto codec = Of(size);
    if (!codec->facts().lossless) continue;
    for (const Values& values : ValuesOf(size)) {
      EXPECT_EQ(BitsOf(Decoded(*codec, Encoded(*codec, values)).value()), BitsOf(values));
    }
  }
}

TEST_P(EveryCodec, PayloadIsTheMemoryOfTheValuesIfItSaysSo) {
  for (const std::size_t size : kSizes) {
    const auto codec = Of(size);
    if (!codec->facts().verbatim) continue;
    const Values values = LikeAnUpdate(size);
    const std::span<const std::byte> memory = std::as_bytes(std::span(values));
    EXPECT_EQ(Encoded(*codec, values), Bytes(memory.begin(), memory.end()));
    EXPECT_TRUE(codec->facts().lossless);
  }
}

TEST_P(EveryCodec, PayloadIsAsLongAsItSays) {
  for (const std::size_t size : kSizes) {
    const auto codec = Of(size);
    for (const Values& values : ValuesOf(size)) {
      const std::size_t bytes = Encoded(*codec, values).size();
      EXPECT_GE(bytes, codec->facts().min_bytes);
      EXPECT_LE(bytes, codec->facts().max_bytes);
    }
  }
}

TEST_P(EveryCodec, EncodingReplacesThePayload) {
  const auto codec = Of(1025);
  const Values values = LikeAnUpdate(1025);
  Bytes payload(77, std::byte{1});
  ASSERT_EQ(codec->Encode(values, payload), absl::OkStatus());
  EXPECT_EQ(payload, Encoded(*codec, values));
}

TEST_P(EveryCodec, PiecesOfAnySizeDecodeAlike) {
  for (const std::size_t size : kSizes) {
    const auto codec = Of(size);
    const Bytes payload = Encoded(*codec, LikeAnUpdate(size));
    const std::vector<std::uint32_t> whole = BitsOf(Decoded(*codec, payload).value());
    for (const std::size_t piece : kPieces) {
      ASSERT_EQ(BitsOf(Decoded(*codec, payload, piece).value()), whole) << piece << " of " << size;
    }
  }
}

// The caller checks entries as soon as they are ready, while the rest arrives.
TEST_P(EveryCodec, WhatIsReadyIsFinal) {
  constexpr std::size_t kSize = 5000;
  const auto codec = Of(kSize);
  const Bytes payload = Encoded(*codec, LikeAnUpdate(kSize));
  const Values whole = Decoded(*codec, payload).value();
  Values values(kSize, std::numeric_limits<float>::quiet_NaN());
  const auto decoder = codec->MakeDecoder(values);
  EXPECT_EQ(decoder->ready(), 0U);
  std::size_t seen = 0;
  for (std::size_t at = 0; at < payload.size(); at += 3) {
    const std::size_t count = std::min<std::size_t>(3, payload.size() - at);
    ASSERT_EQ(decoder->Append(std::span(payload).subspan(at, count)), absl::OkStatus());
    const std::size_t ready = decoder->ready();
    ASSERT_GE(ready, seen);
    ASSERT_LE(ready, kSize);
    for (; seen < ready; ++seen) ASSERT_EQ(values[seen], whole[seen]) << seen;
    // What was seen is not read again.
    if (seen > 0) values[seen - 1] = std::numeric_limits<float>::quiet_NaN();
  }
  ASSERT_EQ(decoder->Finish(), absl::OkStatus());
  EXPECT_EQ(decoder->ready(), kSize);
  for (; seen < kSize; ++seen) ASSERT_EQ(values[seen], whole[seen]) << seen;
}

TEST_P(EveryCodec, RefusesAPayloadThatIsOneByteShort) {
  for (const std::size_t size : kSizes) {
    const auto codec = Of(size);
    Bytes payload = Encoded(*codec, LikeAnUpdate(size));
    if (payload.empty()) continue;
    payload.pop_back();
    for (const std::size_t piece : {std::size_t{1}, payload.size() + 1}) {
      const absl::Status status = Decoded(*codec, payload, piece).status();
      EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << size << ": " << status;
    }
  }
}

TEST_P(EveryCodec, RefusesAByteBeyondTheEncoding) {
  for (const std::size_t size : kSizes) {
    const auto codec = Of(size);
    Bytes payload = Encoded(*codec, LikeAnUpdate(size));
    payload.push_back(std::byte{0});
    Values values(size);
    EXPECT_EQ(codec->MakeDecoder(values)->Append(payload).code(),
              absl::StatusCode::kInvalidArgument);
    const auto decoder = codec->MakeDecoder(values);
    ASSERT_EQ(decoder->Append(std::span(payload).first(payload.size() - 1)), absl::OkStatus());
    EXPECT_EQ(decoder->Append(std::span(payload).last(1)).code(),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST_P(EveryCodec, NamesAnEntryThatIsNotFiniteUnlessItLosesNothing) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
        -std::numeric_limits<float>::infinity()}) {
    const auto codec = Of(1500);
    Values values = LikeAnUpdate(1500);
    values[1234] = bad;
    Bytes payload;
    const absl::Status status = codec->Encode(values, payload);
    if (codec->facts().lossless) {
      ASSERT_EQ(status, absl::OkStatus());
      EXPECT_EQ(BitsOf(Decoded(*codec, payload).value()), BitsOf(values));
    } else {
      EXPECT_EQ(status,
                absl::InvalidArgumentError(absl::StrCat(codec->name(), ": entry 1234 is ", bad,
                                                        "; every entry must be finite")));
    }
  }
}

// On numbers that are all positive, whoever drops some or rounds in one direction has a mean error.
TEST_P(EveryCodec, IsBiasedIfItSaysSo) {
  constexpr std::size_t kSize = 100003;
  Rng rng(9, RngPurpose::kSyntheticData);
  Values values(kSize);
  for (float& value : values) value = static_cast<float>(0.01 + 0.01 * rng.NextDouble());
  const auto codec = Of(kSize);
  const Distortion distortion = MeasureDistortion(*codec, values).value();
  if (codec->facts().biased) {
    EXPECT_GT(std::abs(distortion.bias), 1e-4);
  } else {
    EXPECT_LT(std::abs(distortion.bias), 1e-6);
  }
  std::printf("%-28s %7.3f bits per coordinate, squared error %.3e, bias %+.3e\n",
              std::string(codec->name()).c_str(), distortion.bits_per_coordinate,
              distortion.normalised_squared_error, distortion.bias);
}

struct ChainName {
  std::string operator()(const ::testing::TestParamInfo<Chain>& chain) const {
    std::string name(Make(chain.param, 1)->name());
    std::ranges::replace_if(
        name, [](unsigned char letter) { return std::isalnum(letter) == 0; }, '_');
    return name;
  }
};

INSTANTIATE_TEST_SUITE_P(Table, EveryCodec, ::testing::ValuesIn(CodecChains()), ChainName());

}  // namespace
}  // namespace fedround::codec
