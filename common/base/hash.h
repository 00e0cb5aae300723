// The two hashes in use: XXH3-64 finds damage quickly (16 us per 0.8 MB); SHA-256 identifies a
// thing for good.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "absl/strings/string_view.h"

namespace fedround {

// XXH3, 64 bits.
std::uint64_t Xxh3(std::span<const std::byte> bytes, std::uint64_t seed = 0);

// XXH3 over bytes that come in pieces. The digest does not depend on how they are cut.
class Xxh3Stream {
 public:
  Xxh3Stream();
  ~Xxh3Stream();
  void Reset();
  void Append(std::span<const std::byte> bytes);
  std::uint64_t Digest() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// SHA-256 as 64 lower-case hexadecimal digits.
std::string Sha256Hex(std::span<const std::byte> bytes);
std::string Sha256Hex(absl::string_view bytes);
// Over the concatenation of the parts.
std::string Sha256Hex(std::span<const absl::string_view> parts);

// `count` bytes from the operating system's generator, as 2*count hexadecimal digits.
std::string RandomHex(std::size_t count);

}  // namespace fedround
