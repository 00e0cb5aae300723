// Deflate streams: zip members, whose inflated size is known beforehand, and gzip files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/aligned_buffer.h"

namespace fedround::data {

enum class Wrapping { kGzip, kNone };

// Inflates all of `compressed` to exactly `expected_bytes`. It takes no more memory than the input
// could inflate to (1032 times its size), whatever `expected_bytes` claims. Errors: DATA_LOSS, with
// `name` and byte offset, for a stream that is damaged, truncated or goes on, and for any size
// other than the expected one.
absl::StatusOr<AlignedBuffer<std::byte>> Inflate(std::span<const std::byte> compressed,
                                                 Wrapping wrapping, std::uint64_t expected_bytes,
                                                 absl::string_view name);

bool LooksGzipped(std::span<const std::byte> bytes);

// Inflates a gzip file: one or more members, which may be followed by zeros, as tapes and some
// tools leave them. A file of one member without zeros ends with its size and is inflated once; any
// other is inflated twice, first to learn its size. Errors: DATA_LOSS, with `name` and byte offset,
// for damage, truncation, other bytes after the members and more than kMaxBytes.
absl::StatusOr<AlignedBuffer<std::byte>> Gunzip(std::span<const std::byte> bytes,
                                                absl::string_view name);

}  // namespace fedround::data
