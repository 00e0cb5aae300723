#include <cmath>
#include <optional>
#include <vector>

#include "common/base/check.h"
#include "common/codec/codec.h"
#include "tests/fuzz/support/fuzz_one.h"
#include "tests/fuzz/support/pieces.h"
#include "tests/support/codec_chains.h"

namespace fedround::fuzz {
namespace {

// Nothing if the payload is refused.
std::optional<std::vector<float>> Decoded(const codec::Codec& codec, const Pieces& pieces) {
  std::vector<float> values(codec.elements());
  const auto decoder = codec.MakeDecoder(values);
  std::size_t ready = decoder->ready();
  for (const std::span<const std::byte> piece : pieces.spans()) {
    if (!decoder->Append(piece).ok()) return std::nullopt;
    CHECK(decoder->ready() >= ready && decoder->ready() <= values.size());
    ready = decoder->ready();
  }
  if (!decoder->Finish().ok()) return std::nullopt;
  CHECK(decoder->ready() == values.size());
  return values;
}

bool SameBits(const std::vector<float>& a, const std::vector<float>& b) {
  return std::ranges::equal(std::as_bytes(std::span(a)), std::as_bytes(std::span(b)));
}

bool AllFinite(const std::vector<float>& values) {
  return std::ranges::all_of(values, [](float value) { return std::isfinite(value); });
}

// Numbers that a payload decoded to can be encoded, and come back within the bounds.
void CheckEncodesAgain(const codec::Codec& codec, const std::vector<float>& values) {
  std::vector<std::byte> payload;
  CHECK(codec.Encode(values, payload).ok());
  std::vector<float> again(values.size());
  const auto decoder = codec.MakeDecoder(again);
  CHECK(decoder->Append(payload).ok());
  CHECK(decoder->Finish().ok());
  const std::vector<double> bounds = codec.ErrorBounds(values);
  for (std::size_t i = 0; i < values.size(); ++i) {
    CHECK(std::abs(double{again[i]} - double{values[i]}) <= bounds[i]);
  }
}

}  // namespace

// The first byte selects a chain of codecs, the second the number of entries, the third how the
// payload, which is the rest, is cut into pieces. That must not matter to what it decodes to.
void FuzzOne(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < 3) return;
  static const std::vector<codec::Chain> kChains = codec::CodecChains();
  const codec::Chain& chain = kChains[bytes[0] % kChains.size()];
  const std::size_t elements = std::size_t{5} * bytes[1];  // to 1,275: more than a block of int8
  const auto codec = codec::MakeCodec("codec", chain, elements).value();
  const std::span<const std::uint8_t> payload = bytes.subspan(3);
  const auto whole = Decoded(*codec, Pieces(payload, payload.size()));
  const auto in_pieces = Decoded(*codec, Pieces(payload, 1 + std::size_t{bytes[2]}));
  CHECK(whole.has_value() == in_pieces.has_value());
  if (!whole.has_value()) return;
  CHECK(SameBits(*whole, *in_pieces));
  CHECK(codec->facts().min_bytes <= payload.size() && payload.size() <= codec->facts().max_bytes);
  if (AllFinite(*whole)) CheckEncodesAgain(*codec, *whole);
  if (codec->facts().lossless) {
    std::vector<std::byte> again;
    CHECK(codec->Encode(*whole, again).ok());
    CHECK(std::ranges::equal(again, std::as_bytes(payload)));
  }
}

}  // namespace fedround::fuzz
