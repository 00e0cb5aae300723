// Shared by the converters of this folder. Included only by their .cc files, since it includes
// protobuf.
#pragma once

#include <climits>
#include <limits>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/clock.h"
#include "google/protobuf/message_lite.h"
#include "google/protobuf/stubs/logging.h"

namespace fedround::wire {

// Stamps beyond this, in either direction, are out of range for a clock: the difference of two of
// them, and half the difference of two such differences, must fit with room to spare.
inline constexpr Nanos kLatestStamp = std::numeric_limits<Nanos>::max() / 16;

// INVALID_ARGUMENT if `bytes` are not an encoded `message`, which the error calls `name`.
inline absl::Status ParseMessage(absl::string_view bytes, absl::string_view name,
                                 google::protobuf::MessageLite& message) {
  // Protobuf would log one line per text that is not UTF-8: a peer could fill the log.
  const google::protobuf::LogSilencer silencer;
  if (bytes.size() <= INT_MAX &&
      message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat(name, ": ", bytes.size(), " bytes that are not such a message"));
}

// INVALID_ARGUMENT if `text`, the value of `field`, is longer than `limit` characters.
inline absl::Status CheckLength(absl::string_view field, absl::string_view text,
                                std::size_t limit) {
  if (text.size() <= limit) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(field, ": ", text.size(), " characters, at most ", limit));
}

}  // namespace fedround::wire
