// HTTP/2 by hand: what a peer may send that gRPC's client never would.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace fedround::testing {

enum FrameType : char {
  kDataFrame = 0,
  kHeadersFrame = 1,
  kSettingsFrame = 4,
  kContinuationFrame = 9
};
enum FrameFlags : char {
  kNoFlags = 0,
  kEndStream = 1,
  kEndHeaders = 4,
  kPadded = 8,
  kPriority = 32
};

inline std::string FrameOf(char type, char flags, std::uint32_t stream, absl::string_view payload) {
  std::string frame;
  const auto big_endian = [&frame](std::size_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) frame.push_back(static_cast<char>(value >> (8 * i)));
  };
  big_endian(payload.size(), 3);
  frame += {type, flags};
  big_endian(stream, 4);
  return frame.append(payload.data(), payload.size());
}

// What every connection starts with.
inline std::string Preface() {
  return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + FrameOf(kSettingsFrame, kNoFlags, 0, "");
}

// A field that is remembered: by the next one its index is 62, by later ones more. Both texts are
// shorter than 127 characters.
inline std::string FieldOf(absl::string_view name, absl::string_view value) {
  std::string field{'\x40'};
  for (const absl::string_view text : {name, value}) {
    field.push_back(static_cast<char>(text.size()));
    field.append(text.data(), text.size());
  }
  return field;
}

// The fields of a call to `method` of the service; with a token if there is one.
inline std::vector<std::string> FieldsOfCall(absl::string_view method,
                                             absl::string_view token = "") {
  std::string path = "/fedround.v1.FederationService/";
  path.append(method.data(), method.size());
  std::vector<std::string> fields = {
      FieldOf(":method", "POST"), FieldOf(":scheme", "http"),
      FieldOf(":authority", "x"), FieldOf("te", "trailers"),
      FieldOf(":path", path),     FieldOf("content-type", "application/grpc")};
  if (!token.empty()) fields.push_back(FieldOf("fedround-token", token));
  return fields;
}

inline std::string CallFields(absl::string_view method, absl::string_view token = "") {
  std::string block;
  for (const std::string& field : FieldsOfCall(method, token)) block += field;
  return block;
}

// A call's headers in one frame.
inline std::string HeadersOf(std::uint32_t stream, absl::string_view block) {
  return FrameOf(kHeadersFrame, kEndHeaders, stream, block);
}

// `count` calls with these fields (FieldOf each), as fast as a peer can say them: only the first
// spells its fields, and only if `first_stream` is 1. Each has an empty message; `compressed`: it
// claims to be otherwise.
inline std::string CallsOf(std::uint32_t first_stream, std::size_t count,
                           const std::vector<std::string>& fields, bool compressed) {
  std::string spelt;
  std::string referred;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    spelt += fields[i];
    referred.push_back(static_cast<char>(0x80 | (61 + fields.size() - i)));
  }
  const std::string message{compressed ? '\1' : '\0', '\0', '\0', '\0', '\0'};
  std::string calls;
  for (std::size_t i = 0; i < count; ++i) {
    const auto stream = static_cast<std::uint32_t>(first_stream + 2 * i);
    calls += HeadersOf(stream, stream == 1 ? spelt : referred);
    calls += FrameOf(kDataFrame, kEndStream, stream, message);
  }
  return calls;
}

}  // namespace fedround::testing
