// Zip archives as NumPy writes them (.npz): one disk, members stored or deflated, no encryption, no
// zip64 (nothing of 4 GiB or more).
//
// Only the central directory is used, and only after it has been checked against the local headers,
// the archive's size and, on reading, each member's CRC. Source: PKWARE APPNOTE.TXT 6.3.10.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/aligned_buffer.h"

namespace fedround::data {

class ZipArchive {
 public:
  // Borrows `bytes`. Errors: DATA_LOSS with `name` and byte offset.
  static absl::StatusOr<ZipArchive> Open(std::span<const std::byte> bytes, absl::string_view name);

  std::vector<std::string> names() const;  // of the members, sorted
  bool Contains(const std::string& member) const { return members_.contains(member); }
  // NOT_FOUND if there is no such member, DATA_LOSS if it is damaged.
  absl::StatusOr<AlignedBuffer<std::byte>> Read(const std::string& member) const;

 private:
  struct Member {
    std::uint16_t method = 0;
    std::uint32_t crc = 0;
    std::uint32_t bytes = 0;
    std::span<const std::byte> stored;
  };

  explicit ZipArchive(absl::string_view name) : name_(name) {}
  absl::Status AddMembers(std::span<const std::byte> bytes, std::size_t directory,
                          std::size_t directory_bytes, std::size_t count);

  std::string name_;
  std::map<std::string, Member> members_;
};

}  // namespace fedround::data
