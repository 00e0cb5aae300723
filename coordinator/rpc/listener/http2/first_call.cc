// HTTP/2 frames (RFC 9113), up to the header block of the first call.
//
// The bytes are only looked at, never consumed: gRPC reads them again afterwards. So there is no
// state between two looks, and each one starts from the beginning of the connection and answers one
// of three things: the call is there, it is not all there yet (look again when more has come), or
// this is not HTTP/2 as a gRPC client speaks it. Bound: kMaxOpeningBytes per look.
#include "coordinator/rpc/listener/http2/first_call.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace fedround::coordinator {
namespace {

constexpr absl::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::size_t kFrameHeaderBytes = 9;

enum FrameType : std::uint8_t {
  kData = 0,
  kHeaders = 1,
  kContinuation = 9,
};
enum FrameFlag : std::uint8_t {
  kEndStream = 0x1,
  kEndHeaders = 0x4,
  kPadded = 0x8,
  kPriority = 0x20,
};

struct Frame {
  std::uint8_t type = 0;
  std::uint8_t flags = 0;
  std::uint32_t stream = 0;
  absl::string_view payload;
};

std::uint32_t BigEndian(absl::string_view bytes) {
  std::uint32_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

std::string BigEndian(std::uint32_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text.push_back(static_cast<char>(value >> (8 * i)));
  return text;
}

// Removes the next frame from `bytes`; nothing if it is not complete.
std::optional<Frame> TakeFrame(absl::string_view& bytes) {
  if (bytes.size() < kFrameHeaderBytes) return std::nullopt;
  const std::size_t size = BigEndian(bytes.substr(0, 3));
  if (bytes.size() - kFrameHeaderBytes < size) return std::nullopt;
  const Frame frame{.type = static_cast<std::uint8_t>(bytes[3]),
                    .flags = static_cast<std::uint8_t>(bytes[4]),
                    .stream = BigEndian(bytes.substr(5, 4)) & 0x7fffffff,
                    .payload = bytes.substr(kFrameHeaderBytes, size)};
  bytes.remove_prefix(kFrameHeaderBytes + size);
  return frame;
}

// The part of a header block that a HEADERS frame carries, without padding and priority.
absl::StatusOr<absl::string_view> Fragment(const Frame& frame) {
  absl::string_view payload = frame.payload;
  const std::size_t padding_field = (frame.flags & kPadded) != 0 ? 1 : 0;
  const std::size_t priority_fields = (frame.flags & kPriority) != 0 ? 5 : 0;
  if (payload.size() < padding_field + priority_fields) {
    return absl::InvalidArgumentError("a HEADERS frame is cut off");
  }
  const std::size_t padding = padding_field == 0 ? 0 : static_cast<unsigned char>(payload[0]);
  payload.remove_prefix(padding_field + priority_fields);
  if (payload.size() < padding) return absl::InvalidArgumentError("a frame is all padding");
  payload.remove_suffix(padding);
  return payload;
}

// The call whose HEADERS frame is at the front of `bytes`.
absl::StatusOr<std::optional<FirstCall>> ReadHeaders(const Frame& headers,
                                                     absl::string_view bytes) {
  auto fragment = Fragment(headers);
  if (!fragment.ok()) return fragment.status();
  FirstCall call{.stream = headers.stream, .header_block = std::string(*fragment)};
  bool complete = (headers.flags & kEndHeaders) != 0;
  while (!complete) {
    const std::optional<Frame> next = TakeFrame(bytes);
    if (!next.has_value()) return std::nullopt;
    if (next->type != kContinuation || next->stream != call.stream) {
      return absl::InvalidArgumentError("a header block is interrupted");
    }
    absl::StrAppend(&call.header_block, next->payload);
    complete = (next->flags & kEndHeaders) != 0;
  }
  return call;
}

absl::StatusOr<std::optional<FirstCall>> ReadFrames(absl::string_view bytes) {
  while (const std::optional<Frame> frame = TakeFrame(bytes)) {
    if (frame->type == kHeaders) return ReadHeaders(*frame, bytes);
    if (frame->type == kData || frame->type == kContinuation) {
      return absl::InvalidArgumentError("a frame of a call that has no headers");
    }
  }
  return std::nullopt;
}

// A field of HPACK with a literal name, which enters no table.
std::string Field(absl::string_view name, absl::string_view value) {
  // An integer with a prefix of seven bits; the top bit of the first byte says: not Huffman-coded.
  const auto size = [](std::size_t length) {
    std::string text;
    constexpr std::size_t kMask = 0x7f;
    text.push_back(static_cast<char>(std::min(length, kMask)));
    if (length < kMask) return text;
    for (length -= kMask; length > kMask; length >>= 7) {
      text.push_back(static_cast<char>(0x80 | (length & kMask)));
    }
    text.push_back(static_cast<char>(length));
    return text;
  };
  return absl::StrCat(absl::string_view("\0", 1), size(name.size()), name, size(value.size()),
                      value);
}

}  // namespace

absl::StatusOr<std::optional<FirstCall>> ReadFirstCall(absl::string_view bytes) {
  const absl::string_view start = bytes.substr(0, kPreface.size());
  if (!absl::StartsWith(kPreface, start)) return absl::InvalidArgumentError("not HTTP/2");
  auto call = ReadFrames(bytes.substr(start.size()));
  if (call.ok() && !call->has_value() && bytes.size() >= kMaxOpeningBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("no call within the first ", kMaxOpeningBytes, " bytes"));
  }
  return call;
}

std::string RefusalFrame(std::uint32_t stream, absl::string_view message) {
  constexpr absl::string_view kUnauthenticated = "16";  // grpc::StatusCode
  const std::string block =
      absl::StrCat(Field(":status", "200"), Field("content-type", "application/grpc"),
                   Field("grpc-status", kUnauthenticated), Field("grpc-message", message));
  return absl::StrCat(BigEndian(static_cast<std::uint32_t>(block.size()), 3),
                      BigEndian(kHeaders, 1), BigEndian(kEndStream | kEndHeaders, 1),
                      BigEndian(stream, 4), block);
}

}  // namespace fedround::coordinator
