// From the bytes of a payload, as they arrive, to the floats that are folded.
//
// A payload carries the sections of its header one after the other, each in the encoding of its
// format. Every entry is checked as soon as it is decoded, so a bad update ends with the piece that
// shows it, and a good one is checked whole when its last byte has come.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/codec/codec.h"
#include "common/fold/grid.h"
#include "common/round/types.h"

namespace fedround::coordinator {

// A vector of which every update of the run must have one: its name, its size and how it is encoded.
struct SectionFormat {
  std::string name;
  std::shared_ptr<const codec::Codec> codec;
};

// Their entries together.
std::size_t DecodedSize(std::span<const SectionFormat> formats);

// The memory that decoding one payload takes beside the messages that bring it.
std::uint64_t DecodingBytes(std::span<const SectionFormat> formats);

// INVALID_ARGUMENT unless `sections` are those of the formats, in order: names the one that is
// unknown, missing, there twice or out of order, has another codec or number of elements, or a
// number of bytes that its codec never writes.
absl::Status CheckSections(std::span<const Section> sections,
                           std::span<const SectionFormat> formats);

class PayloadDecoder {
 public:
  // `sections` have passed CheckSections; `values` [DecodedSize] is overwritten, its memory and the
  // formats must outlive the decoder.
  PayloadDecoder(std::span<const SectionFormat> formats, std::span<const Section> sections,
                 std::span<float> values, const fold::Grid& grid);

  // The next bytes. INVALID_ARGUMENT, naming the section unless there is only one, for bytes that
  // its codec never writes, more than there should be, or an entry that is off the grid. After an
  // error both functions return it.
  absl::Status Append(std::span<const std::byte> bytes);

  // After the last byte. INVALID_ARGUMENT as above.
  absl::Status Finish();

 private:
  struct Part {
    const SectionFormat* format;
    std::uint64_t bytes_left;
    std::span<float> values;
    std::unique_ptr<codec::Decoder> decoder;
    std::size_t checked = 0;  // the first so many values are known to be on the grid
  };

  // Takes the beginning of `bytes`, as far as the current section goes.
  absl::Status AppendSome(std::span<const std::byte>& bytes);
  // Checks what has become ready.
  absl::Status Check(Part& part) const;
  absl::Status FinishCurrent();
  // Names the section in an error.
  absl::Status Of(const Part& part, const absl::Status& error) const;

  const fold::Grid& grid_;
  std::vector<Part> parts_;
  std::size_t current_ = 0;
  absl::Status error_;  // the first
};

}  // namespace fedround::coordinator
