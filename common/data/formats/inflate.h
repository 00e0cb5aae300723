// Deflate streams of which the inflated size is known beforehand: gzip files and zip members.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/aligned_buffer.h"

namespace fedround::data {

enum class Wrapping { kGzip, kNone };

// Inflates `compressed`, all of it, to exactly `expected_bytes`. Memory taken is at most what
// deflate could make of the input (1032 times its size), whatever `expected_bytes` claims. Errors:
// DATA_LOSS, with `name` and byte offset, for a damaged, truncated or continued stream, and for any
// other size than the expected.
absl::StatusOr<AlignedBuffer<std::byte>> Inflate(std::span<const std::byte> compressed,
                                                 Wrapping wrapping, std::uint64_t expected_bytes,
                                                 absl::string_view name);

bool LooksGzipped(std::span<const std::byte> bytes);

// Inflates a gzip file of one member. It ends with the inflated size modulo 2^32, so a member of 4
// GiB or more is refused, and so is a file of several members.
absl::StatusOr<AlignedBuffer<std::byte>> Gunzip(std::span<const std::byte> bytes,
                                                absl::string_view name);

}  // namespace fedround::data
