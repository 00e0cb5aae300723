// UpdateHeader on the wire: it is the whole first message of an upload.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/round/types.h"

namespace fedround::wire {

inline constexpr std::size_t kMaxSections = 16;
inline constexpr std::size_t kMaxScalars = 16;
inline constexpr std::size_t kMaxMetrics = 64;
inline constexpr std::size_t kMaxHealthValues = 1024;
inline constexpr std::size_t kMaxName = 64;  // characters of a section, codec, metric, layer, ...
inline constexpr std::size_t kMaxRunId = 128;

// A whole UpdateChunk that carries the header and nothing else.
std::string SerializeUpdateHeader(const UpdateHeader& header);

// `bytes` is the header field of an UpdateChunk (ParseUpdateChunk finds it).
// Errors: INVALID_ARGUMENT for bytes that are not an UpdateHeader, more sections,
// scalars, metrics or health values than allowed, a name beyond its limit, a layer or quantity with
// characters other than letters, digits, '_' and '.', a metric that is not finite, sections whose
// bytes overflow.
absl::StatusOr<UpdateHeader> ParseUpdateHeader(absl::string_view bytes);

}  // namespace fedround::wire
