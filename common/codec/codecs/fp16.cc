// fp16: IEEE half precision, little-endian: 1 bit sign, 5 bits exponent, 10 bits mantissa.
//
// Rounds to nearest, ties to even. |error| <= |x| * 2^-11 for |x| >= 2^-14, the smallest normal
// half, and <= 2^-25 below. 65,520 and above would round to infinity and cannot be encoded. The
// decoder takes any bits: from a peer they may be infinities and NaN.
//
// Plain x86-64 has no instruction for this: integer arithmetic takes about 2 ns per number.
#include <cstring>

#include "common/codec/codecs/table.h"

namespace fedround::codec {
namespace {

constexpr char kName[] = "fp16";
constexpr std::uint16_t kInfinity = 0x7c00;

// kInfinity, with either sign, for what has no half.
// Source of the idea: Giesen 2012, https://gist.github.com/rygorous/2156668, float_to_half_fast3.
std::uint16_t HalfFromFloat(float x) {
  constexpr std::uint32_t kSmallestNormal = 0x38800000;  // 2^-14
  constexpr std::uint32_t kPastAllHalves = 0x47800000;   // 2^16
  const std::uint32_t sign = (std::bit_cast<std::uint32_t>(x) >> 16) & 0x8000;
  const std::uint32_t magnitude = MagnitudeBits(x);
  // Denormal halves are multiples of 2^-24. So are the floats in [0.5, 1): adding 0.5 rounds.
  const float shifted = std::bit_cast<float>(magnitude) + 0.5F;
  const std::uint32_t denormal =
      std::bit_cast<std::uint32_t>(shifted) - std::bit_cast<std::uint32_t>(0.5F);
  // The bias of the exponent goes from 127 to 15. Just under half of the last place that stays, and
  // one more if that place is odd: ties go to even, and a carry into the exponent is right.
  constexpr std::uint32_t kBias = std::uint32_t{127 - 15} << 23;
  const std::uint32_t normal = (magnitude - kBias + 0xfff + ((magnitude >> 13) & 1)) >> 13;
  const std::uint32_t finite = magnitude < kSmallestNormal ? denormal : normal;
  return static_cast<std::uint16_t>(sign | (magnitude < kPastAllHalves ? finite : kInfinity));
}

float FloatFromHalf(std::uint16_t half) {
  const std::uint32_t sign = std::uint32_t{half & 0x8000U} << 16;
  const std::uint32_t magnitude = half & 0x7fffU;
  const std::uint32_t denormal =
      std::bit_cast<std::uint32_t>(static_cast<float>(static_cast<int>(magnitude)) * 0x1p-24F);
  // Infinities and NaN have all bits of the exponent set, in either format.
  const std::uint32_t bias =
      magnitude < kInfinity ? std::uint32_t{127 - 15} << 23 : std::uint32_t{255 - 31} << 23;
  const std::uint32_t normal = (magnitude << 13) + bias;
  return std::bit_cast<float>(sign | (magnitude < 0x400 ? denormal : normal));
}

// `bytes` [2 count] to `values` [count].
void DecodeHalves(const std::byte* bytes, std::size_t count, float* values) {
  for (std::size_t i = 0; i < count; ++i) {
    std::uint16_t half;
    std::memcpy(&half, bytes + sizeof(half) * i, sizeof(half));
    values[i] = FloatFromHalf(half);
  }
}

class Fp16Decoder : public Decoder {
 public:
  explicit Fp16Decoder(std::span<float> values) : values_(values) {}

  absl::Status Append(std::span<const std::byte> bytes) override {
    if (bytes.size() > 2 * values_.size() - arrived_) {
      return TooManyBytes(kName, 2 * values_.size(), values_.size());
    }
    if (bytes.empty()) return absl::OkStatus();
    std::size_t next = ready();
    const bool was_split = arrived_ % 2 != 0;
    arrived_ += bytes.size();
    if (was_split) {
      split_[1] = bytes.front();
      bytes = bytes.subspan(1);
      DecodeHalves(split_, 1, &values_[next++]);
    }
    DecodeHalves(bytes.data(), bytes.size() / 2, values_.data() + next);
    if (bytes.size() % 2 != 0) split_[0] = bytes.back();
    return absl::OkStatus();
  }

  absl::Status Finish() override {
    if (arrived_ == 2 * values_.size()) return absl::OkStatus();
    return TooFewBytes(kName, arrived_, 2 * values_.size(), values_.size());
  }

  std::size_t ready() const override { return arrived_ / 2; }

 private:
  std::span<float> values_;
  std::size_t arrived_ = 0;  // bytes
  std::byte split_[2] = {};  // a half that is split between two pieces
};

class Fp16 : public Step {
 public:
  explicit Fp16(std::size_t elements) : bytes_(std::uint64_t{2} * elements) {}

  CodecFacts facts() const override { return {.min_bytes = bytes_, .max_bytes = bytes_}; }

  std::optional<Refusal> Encode(std::span<const float> values,
                                std::vector<std::byte>& payload) const override {
    std::byte* const out = Extend(payload, 2 * values.size());
    unsigned refused = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::uint16_t half = HalfFromFloat(values[i]);
      refused |= static_cast<unsigned>((half & 0x7fff) == kInfinity);
      std::memcpy(out + sizeof(half) * i, &half, sizeof(half));
    }
    return refused != 0 ? FindRefusal(values) : std::nullopt;
  }

  std::unique_ptr<Decoder> MakeDecoder(std::span<float> values) const override {
    return std::make_unique<Fp16Decoder>(values);
  }

  void ErrorBounds(std::span<const float> values, std::span<double> bounds) const override {
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double magnitude = std::bit_cast<float>(MagnitudeBits(values[i]));
      bounds[i] = magnitude < 0x1p-14 ? 0x1p-25 : magnitude * 0x1p-11;
    }
  }

 private:
  static std::optional<Refusal> FindRefusal(std::span<const float> values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (MagnitudeBits(values[i]) >= kNotFinite) return Refusal{i, kMustBeFinite};
      if ((HalfFromFloat(values[i]) & 0x7fff) == kInfinity) {
        return Refusal{i, "fp16 holds only what is below 65520"};
      }
    }
    return std::nullopt;
  }

  std::uint64_t bytes_;
};

}  // namespace

CodecEntry Fp16Entry() {
  return {{kName, "numbers in half precision: 2 bytes each", "IEEE 754 binary16", {}},
          [](const PlugIn&, std::size_t elements) -> std::unique_ptr<const Step> {
            return std::make_unique<Fp16>(elements);
          }};
}

}  // namespace fedround::codec
