// Encoding and decoding in one call each, for tests.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/status_macros.h"
#include "common/codec/codec.h"

namespace fedround::codec {

using Bytes = std::vector<std::byte>;

inline std::unique_ptr<const Codec> Make(const std::vector<PlugIn>& chain, std::size_t elements) {
  return MakeCodec("uplink.codec", chain, elements).value();
}

inline Bytes Encoded(const Codec& codec, std::span<const float> values) {
  Bytes payload;
  EXPECT_EQ(codec.Encode(values, payload), absl::OkStatus());
  return payload;
}

// Decodes `payload` in pieces of `piece` bytes, over floats that are NaN before.
inline absl::StatusOr<std::vector<float>> Decoded(const Codec& codec,
                                                  std::span<const std::byte> payload,
                                                  std::size_t piece = SIZE_MAX) {
  std::vector<float> values(codec.elements(), std::numeric_limits<float>::quiet_NaN());
  const std::unique_ptr<Decoder> decoder = codec.MakeDecoder(values);
  while (!payload.empty()) {
    const std::size_t size = std::min(piece, payload.size());
    RETURN_IF_ERROR(decoder->Append(payload.first(size)));
    payload = payload.subspan(size);
  }
  RETURN_IF_ERROR(decoder->Finish());
  return values;
}

inline std::vector<std::uint32_t> BitsOf(std::span<const float> values) {
  std::vector<std::uint32_t> bits;
  for (const float value : values) bits.push_back(std::bit_cast<std::uint32_t>(value));
  return bits;
}

inline Bytes BytesOf(const std::vector<unsigned>& bytes) {
  Bytes result;
  for (const unsigned byte : bytes) result.push_back(static_cast<std::byte>(byte));
  return result;
}

}  // namespace fedround::codec
