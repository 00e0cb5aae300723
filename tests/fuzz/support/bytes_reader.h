// Reads small numbers from a fuzzer's bytes, for fuzzers that play a schedule instead of parsing.
#pragma once

#include <cstdint>
#include <span>

namespace fedround::fuzz {

class BytesReader {
 public:
  explicit BytesReader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }
  // 0 when there are no more bytes.
  std::uint8_t Byte() {
    if (bytes_.empty()) return 0;
    const std::uint8_t first = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return first;
  }
  std::uint32_t Below(std::uint32_t end) { return Byte() % end; }
  bool Flag() { return (Byte() & 1) != 0; }
  std::span<const std::uint8_t> rest() const { return bytes_; }

 private:
  std::span<const std::uint8_t> bytes_;
};

}  // namespace fedround::fuzz
