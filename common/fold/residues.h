// Sums modulo 2^bits: what masked vectors are added to, whose masks cancel only there.
//
// Order does not matter, nor how often a sum goes around; partial sums merge exactly. Not
// thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace fedround::fold {

class Residues {
 public:
  // 1 <= bits <= 64.
  Residues(int bits, std::size_t size);

  // Both are [size]; bits beyond the modulus are ignored.
  void Add(std::span<const std::uint64_t> values);
  void Subtract(std::span<const std::uint64_t> values);
  void Merge(const Residues& other);
  // Each in [0, 2^bits).
  std::span<const std::uint64_t> values() const { return values_; }
  // The same as numbers in [-2^(bits-1), 2^(bits-1)): what a sum was if it was small enough.
  std::vector<std::int64_t> Signed() const;

  // As those of Sums. Errors of TakeFrom: INVALID_ARGUMENT, with nothing changed, if it is too short
  // or has a number beyond the modulus.
  void AppendTo(std::string& bytes) const;
  absl::Status TakeFrom(absl::string_view& bytes);

 private:
  int bits_;
  std::uint64_t mask_;
  std::vector<std::uint64_t> values_;
};

}  // namespace fedround::fold
