#include "common/data/formats/zip_writer.h"

#include <zlib.h>

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/data/formats/zip_format.h"
#include "common/data/limits.h"

namespace fedround::data {
namespace {

constexpr std::uint16_t kVersion = 20;        // 2.0, for folders and deflate: known everywhere
constexpr std::uint16_t kUtf8Names = 0x0800;  // flag
constexpr std::uint16_t kTime = 0;
constexpr std::uint16_t kDate = 0x0021;  // 1980-01-01

template <typename... Numbers>
std::string Little(Numbers... numbers) {
  std::string bytes;
  (bytes.append(reinterpret_cast<const char*>(&numbers), sizeof(numbers)), ...);
  return bytes;
}

// The fields that the local header and the directory's entry share.
std::string Description(std::uint32_t crc, std::uint32_t size, std::size_t name_bytes) {
  return Little(kVersion, kUtf8Names, kZipStored, kTime, kDate, crc, size, size,
                static_cast<std::uint16_t>(name_bytes), std::uint16_t{0});
}

}  // namespace

absl::StatusOr<ZipWriter> ZipWriter::Create(const std::string& path) {
  ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path));
  return ZipWriter(std::move(file));
}

absl::Status ZipWriter::Add(const std::string& name, std::span<const absl::string_view> parts) {
  if (members_ == kMaxZipMembers) {
    return absl::InvalidArgumentError(
        absl::StrCat("member ", name, " is one too many; the limit is ", kMaxZipMembers));
  }
  if (name.size() > std::numeric_limits<std::uint16_t>::max()) {
    return absl::InvalidArgumentError(
        absl::StrCat("a member's name has ", name.size(), " bytes; the limit is 65535"));
  }
  std::uint64_t size = 0;
  uLong crc = 0;
  for (const absl::string_view part : parts) {
    size += part.size();
    crc = crc32_z(crc, reinterpret_cast<const Bytef*>(part.data()), part.size());
  }
  // The name is in the local header and in the directory, which comes last.
  constexpr std::uint64_t kHeaderBytes = 30 + 46 + 22;
  if (offset_ + directory_.size() + size + 2 * name.size() + kHeaderBytes >= kZip64Mark) {
    return absl::InvalidArgumentError(
        absl::StrCat("member ", name, " of ", size, " bytes makes an archive of 4 GiB or more"));
  }
  const std::string description =
      Description(static_cast<std::uint32_t>(crc), static_cast<std::uint32_t>(size), name.size());
  const std::string header = absl::StrCat(Little(kZipLocalHeader), description, name);
  RETURN_IF_ERROR(file_.Append(header));
  for (const absl::string_view part : parts) RETURN_IF_ERROR(file_.Append(part));
  // Made by version 2.0; no comment, disk 0, no attributes.
  absl::StrAppend(&directory_, Little(kZipDirectoryEntry, kVersion), description,
                  Little(std::uint16_t{0}, std::uint16_t{0}, std::uint16_t{0}, std::uint32_t{0},
                         static_cast<std::uint32_t>(offset_)),
                  name);
  offset_ += header.size() + size;
  ++members_;
  return absl::OkStatus();
}

absl::Status ZipWriter::Finish() && {
  const auto count = static_cast<std::uint16_t>(members_);
  RETURN_IF_ERROR(file_.Append(directory_));
  RETURN_IF_ERROR(file_.Append(Little(kZipEndRecord, std::uint32_t{0}, count, count,
                                      static_cast<std::uint32_t>(directory_.size()),
                                      static_cast<std::uint32_t>(offset_), std::uint16_t{0})));
  return file_.Commit();
}

}  // namespace fedround::data
