// Writes zip archives of stored members, as NumPy does: no zip64, so nothing of 4 GiB or more. The
// same members give the same bytes: every time stamp is the format's first day.
// Source: PKWARE APPNOTE.TXT 6.3.10.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/io/file.h"

namespace fedround::data {

class ZipWriter {
 public:
  // The archive is written under a temporary name; Finish renames it to `path`. Errors: what the
  // file system says.
  static absl::StatusOr<ZipWriter> Create(const std::string& path);

  // Adds a member that consists of `parts`. `name` is UTF-8. Errors: INVALID_ARGUMENT if the name
  // or the archive becomes too long, or there are more than kMaxZipMembers; what the file system
  // says.
  absl::Status Add(const std::string& name, std::span<const absl::string_view> parts);

  absl::Status Finish() &&;

 private:
  explicit ZipWriter(AtomicFile file) : file_(std::move(file)) {}

  AtomicFile file_;
  std::uint64_t offset_ = 0;  // bytes written
  std::size_t members_ = 0;
  std::string directory_;
};

}  // namespace fedround::data
