// The bytes of a received message, read in place where gRPC put them.
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace fedround::rpc {

// Holds on to the slices of `buffer`, which may be reused meanwhile.
class ReceivedMessage {
 public:
  explicit ReceivedMessage(const grpc::ByteBuffer& buffer) {
    if (!buffer.Dump(&slices_).ok()) return;
    pieces_.reserve(slices_.size());
    for (const grpc::Slice& slice : slices_) {
      pieces_.push_back(std::as_bytes(std::span(slice.begin(), slice.size())));
    }
  }

  std::span<const std::span<const std::byte>> pieces() const { return pieces_; }

  // All bytes in one string, for small messages.
  std::string Text() const {
    std::string text;
    for (const auto piece : pieces_) {
      text.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    }
    return text;
  }

 private:
  std::vector<grpc::Slice> slices_;
  std::vector<std::span<const std::byte>> pieces_;
};

// A message that holds a copy of `text`.
inline grpc::ByteBuffer MakeMessage(absl::string_view text) {
  const grpc::Slice slice(text.data(), text.size());
  return {&slice, 1};
}

}  // namespace fedround::rpc
