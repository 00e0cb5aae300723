// A cursor over untrusted bytes: every step is checked, every error says where it happened.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace fedround::data {

static_assert(std::endian::native == std::endian::little,
              "the decoders copy little-endian numbers");

// DATA_LOSS: "train.npz: byte 17: what".
inline absl::Status FormatError(absl::string_view name, std::size_t offset,
                                absl::string_view what) {
  return absl::DataLossError(absl::StrCat(name, ": byte ", offset, ": ", what));
}

// The little-endian number at `bytes[offset..]`, which the caller knows to be there.
template <std::unsigned_integral T>
T LoadLittle(std::span<const std::byte> bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.subspan(offset, sizeof(T)).data(), sizeof(T));
  return value;
}

inline std::uint32_t LoadBig32(std::span<const std::byte> bytes, std::size_t offset) {
  return __builtin_bswap32(LoadLittle<std::uint32_t>(bytes, offset));
}

class ByteReader {
 public:
  // Borrows both. `name` stands before every error.
  ByteReader(std::span<const std::byte> bytes, absl::string_view name)
      : bytes_(bytes), name_(name) {}

  std::size_t offset() const { return offset_; }

  absl::StatusOr<std::span<const std::byte>> Take(std::uint64_t count, absl::string_view what) {
    const std::size_t left = bytes_.size() - offset_;
    if (count > left) {
      return Error(absl::StrCat(what, " needs ", count, " bytes, ", left, " are left"));
    }
    const auto taken = bytes_.subspan(offset_, static_cast<std::size_t>(count));
    offset_ += taken.size();
    return taken;
  }

  absl::Status ExpectEnd() const {
    if (offset_ == bytes_.size()) return absl::OkStatus();
    return Error(absl::StrCat(bytes_.size() - offset_, " bytes too many follow"));
  }

  absl::Status Error(absl::string_view what) const { return FormatError(name_, offset_, what); }

 private:
  std::span<const std::byte> bytes_;
  absl::string_view name_;
  std::size_t offset_ = 0;
};

// The product of all extents and `item_bytes`. Refuses an extent of 0, and more than kMaxBytes.
absl::StatusOr<std::uint64_t> ArrayBytes(std::span<const std::uint64_t> shape,
                                         std::uint64_t item_bytes, absl::string_view name);

}  // namespace fedround::data
