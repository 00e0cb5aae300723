// What an entry of the table of codecs implements: one step of a chain, for vectors of n entries.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/codec/codec.h"

namespace fedround::codec {

static_assert(std::endian::native == std::endian::little, "numbers are copied as they are");

// The first entry of a vector that a step cannot encode.
struct Refusal {
  std::size_t index;
  std::string why;  // "every entry must be finite"
};

// Immutable and thread-safe. A step that is not the last of its chain owns the next one and hands
// over to it in each of these functions.
class Step {
 public:
  virtual ~Step() = default;

  virtual CodecFacts facts() const = 0;
  // Appends the encoding of `values` [n] to `payload`; after a refusal that holds anything.
  virtual std::optional<Refusal> Encode(std::span<const float> values,
                                        std::vector<std::byte>& payload) const = 0;
  virtual std::unique_ptr<Decoder> MakeDecoder(std::span<float> values) const = 0;
  // Codec::ErrorBounds, into `bounds` [n], which are 0 before.
  virtual void ErrorBounds(std::span<const float> values, std::span<double> bounds) const = 0;
};

constexpr char kMustBeFinite[] = "every entry must be finite";

// |x| as an integer: ordered like the magnitudes themselves; kNotFinite and above are infinities
// and NaN.
constexpr std::uint32_t kNotFinite = 0x7f800000;
inline std::uint32_t MagnitudeBits(float x) { return std::bit_cast<std::uint32_t>(x) & 0x7fffffff; }
// The largest of them, 0 for none.
std::uint32_t LargestMagnitude(std::span<const float> values);
// The index of the first value that is not finite; there is one.
std::size_t FirstNotFinite(std::span<const float> values);

// `count` more bytes at the end of `payload`.
std::byte* Extend(std::vector<std::byte>& payload, std::size_t count);

// Errors of decoders; `name` is that of the entry.
absl::Status TooManyBytes(absl::string_view name, std::uint64_t expected, std::size_t elements);
absl::Status TooFewBytes(absl::string_view name, std::uint64_t arrived, std::uint64_t expected,
                         std::size_t elements);

}  // namespace fedround::codec
