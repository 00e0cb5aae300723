#include "common/fold/residues.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/io/numbers.h"

namespace fedround::fold {

Residues::Residues(int bits, std::size_t size)
    : bits_(bits), mask_(~std::uint64_t{0} >> (64 - bits)), values_(size, 0) {
  CHECK(bits >= 1 && bits <= 64);
}

void Residues::Add(std::span<const std::uint64_t> values) {
  CHECK(values.size() == values_.size());
  for (std::size_t i = 0; i < values_.size(); ++i) values_[i] = (values_[i] + values[i]) & mask_;
}

void Residues::Subtract(std::span<const std::uint64_t> values) {
  CHECK(values.size() == values_.size());
  for (std::size_t i = 0; i < values_.size(); ++i) values_[i] = (values_[i] - values[i]) & mask_;
}

void Residues::Merge(const Residues& other) {
  CHECK(other.bits_ == bits_);
  Add(other.values_);
}

std::vector<std::int64_t> Residues::Signed() const {
  const std::uint64_t sign = std::uint64_t{1} << (bits_ - 1);
  std::vector<std::int64_t> numbers;
  numbers.reserve(values_.size());
  for (const std::uint64_t value : values_) {
    numbers.push_back(static_cast<std::int64_t>((value ^ sign) - sign));
  }
  return numbers;
}

void Residues::AppendTo(std::string& bytes) const {
  for (const std::uint64_t value : values_) AppendNumber(value, bytes);
}

absl::Status Residues::TakeFrom(absl::string_view& bytes) {
  absl::string_view rest = bytes;
  std::vector<std::uint64_t> values(values_.size());
  for (std::uint64_t& value : values) {
    if (!TakeNumber(rest, value)) {
      return absl::InvalidArgumentError("residues: they end too early");
    }
    if (value > mask_) {
      return absl::InvalidArgumentError(
          absl::StrCat("residues: ", value, " is not below 2^", bits_));
    }
  }
  values_ = std::move(values);
  bytes = rest;
  return absl::OkStatus();
}

}  // namespace fedround::fold
