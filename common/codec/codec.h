// How a vector of floats is written as bytes on the wire, and read back while the bytes arrive.
//
// A codec is a chain of entries of one table: first what selects the entries that are sent ("topk"),
// then how their numbers are written ("int8"); both are optional. One file per entry in
// `common/codec/codecs/<name>.cc`; codecs/table.h says what to write there.
//
// Not here: error feedback (a client adds what the codec lost to its next update) and where updates
// are checked. A codec refuses only what it cannot write: float32 takes NaN, since it writes any
// bits. Whether an update is acceptable is decided where it is folded.
//
// Every result is the same on every machine: IEEE arithmetic in a fixed order, and nothing may be
// called within a ScopedFlushToZero.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/plug_in.h"

namespace fedround::codec {

class Step;

// Decodes one payload into [n] floats given at construction, which must outlive it. Call Append for
// its bytes in order, in pieces of any size, then Finish once; after an error only the destructor.
// Not thread-safe. What bytes from a peer may decode to is any float, NaN included: the caller
// checks.
//   INVALID_ARGUMENT  Append: more bytes than the encoding has, or malformed ones
//   INVALID_ARGUMENT  Finish: the encoding is not complete
class Decoder {
 public:
  virtual ~Decoder() = default;
  virtual absl::Status Append(std::span<const std::byte> bytes) = 0;
  virtual absl::Status Finish() = 0;
  // The first so many floats are final, and the decoder neither reads nor writes them again. Never
  // falls; n after Finish. The others have no meaning yet.
  virtual std::size_t ready() const = 0;
};

// What is known about a codec for vectors of n entries before any is encoded.
struct CodecFacts {
  bool lossless = false;  // decoding gives every value back, bit for bit
  bool verbatim = false;  // the payload is the values' own memory: it may be sent without Encode
  bool biased = false;    // leaves out entries: error feedback sends them later
  std::uint64_t min_bytes = 0;  // of a payload
  std::uint64_t max_bytes = 0;
  // Memory proportional to n that a decoder holds, beside the values and the bytes handed in.
  std::uint64_t decoder_bytes = 0;
};

// A chain for vectors of n entries. Immutable and thread-safe. It must outlive its decoders.
class Codec {
 public:
  ~Codec();

  // Canonical: equal names, equal bytes. All options are written out, and so is a "float32" that
  // was not given: "float32", "topk{k=0.01}+int8".
  absl::string_view name() const { return name_; }
  std::size_t elements() const { return elements_; }
  const CodecFacts& facts() const { return facts_; }

  // Replaces `payload` by the encoding of `values` [n].
  //   INVALID_ARGUMENT  an entry cannot be encoded; the message has its index and its value
  absl::Status Encode(std::span<const float> values, std::vector<std::byte>& payload) const;

  std::unique_ptr<Decoder> MakeDecoder(std::span<float> values) const;

  // The most by which each entry of `values` [n] is off once encoded and decoded. `values` are such
  // that Encode takes them.
  std::vector<double> ErrorBounds(std::span<const float> values) const;

 private:
  friend absl::StatusOr<std::unique_ptr<const Codec>> MakeCodec(absl::string_view key,
                                                                std::span<const PlugIn> chain,
                                                                std::size_t elements);
  Codec(std::string name, std::size_t elements, std::unique_ptr<const Step> step);

  std::string name_;
  std::size_t elements_;
  std::unique_ptr<const Step> step_;  // the first one; it owns the next
  CodecFacts facts_;
};

// The codec of `chain` for vectors of `elements` entries. An empty chain is float32. `key` is where
// the experiment names it ("uplink.codec"); it stands before every error.
//   INVALID_ARGUMENT  an unknown name, a bad option, an entry that cannot follow the one before it,
//                     or more elements than an entry can count
absl::StatusOr<std::unique_ptr<const Codec>> MakeCodec(absl::string_view key,
                                                       std::span<const PlugIn> chain,
                                                       std::size_t elements);

std::span<const PlugInInfo> Codecs();

}  // namespace fedround::codec
