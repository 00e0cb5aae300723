// A message cut into pieces, as it may come from the network.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fedround::fuzz {

// Each piece has memory of its own, so that a sanitizer sees a read beyond its end; between two of
// them is an empty one.
class Pieces {
 public:
  Pieces(std::span<const std::uint8_t> message, std::size_t size) {
    for (; !message.empty(); message = message.subspan(std::min(size, message.size()))) {
      const auto piece = std::as_bytes(message.first(std::min(size, message.size())));
      memory_.emplace_back(piece.begin(), piece.end());
    }
    for (const std::vector<std::byte>& piece : memory_) {
      spans_.emplace_back(piece);
      spans_.emplace_back();
    }
  }

  std::span<const std::span<const std::byte>> spans() const { return spans_; }

 private:
  std::vector<std::vector<std::byte>> memory_;
  std::vector<std::span<const std::byte>> spans_;
};

}  // namespace fedround::fuzz
