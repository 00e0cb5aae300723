// The beginning of an HTTP/2 connection (RFC 9113), up to the headers of its first call: enough to
// decide, before gRPC gets a byte, whether the peer may be served.
//
//   client                                server
//   preface, SETTINGS, ...      ->
//                               <-        kGreeting: a client of gRPC waits for settings
//   HEADERS (and CONTINUATION)  ->
//                               <-        RefusalFrame; or gRPC reads everything, from the preface
//                                         on, and sends its own settings
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace fedround::coordinator {

// Streams that a peer may have open on one connection: a client in another language may use one for
// its Join and all its tasks.
inline constexpr int kMaxStreamsPerConnection = 8;
// How many bytes may come before the headers of the first call are complete.
inline constexpr std::size_t kMaxOpeningBytes = 16 * 1024;

// A SETTINGS frame that promises no more than gRPC's own, which follows it.
inline constexpr absl::string_view kGreeting{"\0\0\6\4\0\0\0\0\0\0\3\0\0\0\10", 15};
static_assert(kGreeting[14] == kMaxStreamsPerConnection);

struct FirstCall {
  std::uint32_t stream = 0;
  std::string header_block;
};

// The first call of a connection that starts with `bytes`; nothing if it is not complete yet.
// Errors: INVALID_ARGUMENT if this is not HTTP/2, has a frame that must not come before the first
// call, or reaches kMaxOpeningBytes without one.
absl::StatusOr<std::optional<FirstCall>> ReadFirstCall(absl::string_view bytes);

// The answer to a call on `stream` that is not allowed: gRPC's status UNAUTHENTICATED. `message` is
// printable ASCII without '%', of at most 16,000 bytes.
std::string RefusalFrame(std::uint32_t stream, absl::string_view message);

}  // namespace fedround::coordinator
