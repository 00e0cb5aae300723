// int8: blocks of 1,024 numbers, the last one shorter. A block is a float32 `scale`, little-endian,
// then one signed byte q in [-127, 127] per number x:
//
//   scale = max |x| / 127, rounded up    q = x / scale, to nearest, ties to even    x' = q * scale
//
// Rounded up, the scale of a block that is not all zeros is never 0, and no |x / scale| is above
// 127, however small the numbers are (denormal scales have few bits). Only near the largest float
// would 127 * scale then overflow: there the scale is kLargestScale, too small by less than one part
// in 2^23, and q still rounds to 127. |error| <= scale * (1/2 + 2^-16): half a step, and the
// roundings of the quotient and of the product, each below 127 * 2^-24.
//
// A block has one encoding: -128, a scale with a sign, not finite or above kLargestScale, and q
// other than 0 with scale 0 are refused. So whatever the decoder accepts is finite.
// Source: absmax quantisation by blocks, as in Dettmers et al. 2022, arXiv:2110.02861.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/codec/codecs/table.h"

namespace fedround::codec {
namespace {

constexpr char kName[] = "int8";
constexpr std::size_t kBlock = 1024;
constexpr std::size_t kScaleBytes = sizeof(float);
constexpr float kLargestQ = 127;
// The largest float of which 127 times is at most the largest float.
constexpr float kLargestScale = 0x1.020406p+121F;
static_assert(127.0 * kLargestScale <= std::numeric_limits<float>::max());
static_assert(127.0 * (kLargestScale + 0x1p98F) > std::numeric_limits<float>::max());

std::uint64_t EncodedBytes(std::size_t elements) {
  const std::uint64_t blocks = elements / kBlock + (elements % kBlock != 0 ? 1 : 0);
  return elements + blocks * kScaleBytes;
}

float ScaleOf(float largest) {
  float scale = largest / kLargestQ;
  // The product is exact in double.
  if (double{scale} * double{kLargestQ} < double{largest}) {
    scale = std::nextafter(scale, std::numeric_limits<float>::infinity());
  }
  return std::min(scale, kLargestScale);
}

// scale > 0. Adding 1.5 * 2^23 leaves round(x / scale) in the low bits of the sum's mantissa.
void QuantiseBlock(std::span<const float> block, float scale, std::byte* out) {
  constexpr float kShift = 0x1.8p23F;
  for (std::size_t i = 0; i < block.size(); ++i) {
    const float shifted = block[i] / scale + kShift;
    out[i] = static_cast<std::byte>(std::bit_cast<std::uint32_t>(shifted) & 0xff);
  }
}

class Int8Decoder : public Decoder {
 public:
  explicit Int8Decoder(std::span<float> values) : values_(values) {}

  absl::Status Append(std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      if (ready_ == values_.size()) {
        return TooManyBytes(kName, EncodedBytes(values_.size()), values_.size());
      }
      const bool in_scale = scale_bytes_ < kScaleBytes;
      const std::size_t left = in_scale ? kScaleBytes - scale_bytes_ : BlockEnd() - ready_;
      const std::span<const std::byte> part = bytes.first(std::min(bytes.size(), left));
      RETURN_IF_ERROR(in_scale ? AppendToScale(part) : AppendNumbers(part));
      bytes = bytes.subspan(part.size());
    }
    return absl::OkStatus();
  }

  absl::Status Finish() override {
    if (ready_ == values_.size()) return absl::OkStatus();
    const std::uint64_t before = ready_ % kBlock == 0 ? scale_bytes_ : 0;
    return TooFewBytes(kName, EncodedBytes(ready_) + before, EncodedBytes(values_.size()),
                       values_.size());
  }

  std::size_t ready() const override { return ready_; }

 private:
  std::size_t BlockEnd() const { return std::min(values_.size(), (ready_ / kBlock + 1) * kBlock); }

  absl::Status AppendToScale(std::span<const std::byte> part) {
    std::memcpy(reinterpret_cast<std::byte*>(&scale_) + scale_bytes_, part.data(), part.size());
    scale_bytes_ += part.size();
    if (scale_bytes_ < kScaleBytes) return absl::OkStatus();
    if (!std::signbit(scale_) && scale_ <= kLargestScale) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(kName, ": scale ", scale_, " of entries ",
                                                   ready_, " to ", BlockEnd() - 1,
                                                   ": must be in [0, ", kLargestScale, "]"));
  }

  absl::Status AppendNumbers(std::span<const std::byte> part) {
    float* const out = values_.data() + ready_;
    unsigned refused = 0;
    unsigned any = 0;
    for (std::size_t i = 0; i < part.size(); ++i) {
      const auto q = static_cast<std::int8_t>(part[i]);
      refused |= static_cast<unsigned>(part[i] == std::byte{0x80});
      any |= static_cast<unsigned>(part[i]);
      out[i] = static_cast<float>(q) * scale_;
    }
    if (refused != 0 || (scale_ == 0 && any != 0)) {
      return absl::InvalidArgumentError(
          absl::StrCat(kName, ": entries ", ready_, " to ", ready_ + part.size() - 1, " hold ",
                       refused != 0 ? "-128: must be in [-127, 127]"
                                    : "a number other than 0, but their scale is 0"));
    }
    ready_ += part.size();
    if (ready_ % kBlock == 0) scale_bytes_ = 0;
    return absl::OkStatus();
  }

  std::span<float> values_;
  std::size_t ready_ = 0;
  float scale_ = 0;              // of the block that ready_ is in
  std::size_t scale_bytes_ = 0;  // that have arrived of it
};

class Int8 : public Step {
 public:
  explicit Int8(std::size_t elements) : bytes_(EncodedBytes(elements)) {}

  CodecFacts facts() const override { return {.min_bytes = bytes_, .max_bytes = bytes_}; }

  std::optional<Refusal> Encode(std::span<const float> values,
                                std::vector<std::byte>& payload) const override {
    std::byte* out = Extend(payload, bytes_);
    for (std::size_t begin = 0; begin < values.size(); begin += kBlock) {
      const auto block = values.subspan(begin, std::min(kBlock, values.size() - begin));
      const std::uint32_t largest = LargestMagnitude(block);
      if (largest >= kNotFinite) return Refusal{begin + FirstNotFinite(block), kMustBeFinite};
      const float scale = ScaleOf(std::bit_cast<float>(largest));
      std::memcpy(out, &scale, kScaleBytes);
      out += kScaleBytes;
      if (scale > 0) QuantiseBlock(block, scale, out);  // the others are zeros already
      out += block.size();
    }
    return std::nullopt;
  }

  std::unique_ptr<Decoder> MakeDecoder(std::span<float> values) const override {
    return std::make_unique<Int8Decoder>(values);
  }

  void ErrorBounds(std::span<const float> values, std::span<double> bounds) const override {
    for (std::size_t begin = 0; begin < values.size(); begin += kBlock) {
      const std::size_t size = std::min(kBlock, values.size() - begin);
      const std::uint32_t largest = LargestMagnitude(values.subspan(begin, size));
      const double scale = ScaleOf(std::bit_cast<float>(largest));
      std::ranges::fill(bounds.subspan(begin, size), scale * (0.5 + 0x1p-16));
    }
  }

 private:
  std::uint64_t bytes_;
};

}  // namespace

CodecEntry Int8Entry() {
  return {{kName, "numbers as 1 byte each, with a scale per 1,024", "scale = max|x| / 127", {}},
          [](const PlugIn&, std::size_t elements) -> std::unique_ptr<const Step> {
            return std::make_unique<Int8>(elements);
          }};
}

}  // namespace fedround::codec
