#include "common/data/formats/zip.h"

#include <zlib.h>

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "common/data/formats/byte_reader.h"
#include "common/data/formats/inflate.h"
#include "common/data/formats/zip_format.h"
#include "common/data/limits.h"

namespace fedround::data {
namespace {

constexpr std::size_t kLocalHeaderBytes = 30;
constexpr std::size_t kDirectoryEntryBytes = 46;
constexpr std::size_t kEndRecordBytes = 22;
constexpr std::size_t kMaxCommentBytes = 0xffff;
constexpr std::uint16_t kEncryptedFlag = 1;

std::string AsText(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The end record is the last thing in the archive, followed only by its own comment.
std::optional<std::size_t> FindEndRecord(std::span<const std::byte> bytes) {
  for (std::size_t comment = 0;
       comment <= kMaxCommentBytes && comment + kEndRecordBytes <= bytes.size(); ++comment) {
    const std::size_t at = bytes.size() - kEndRecordBytes - comment;
    if (LoadLittle<std::uint32_t>(bytes, at) == kZipEndRecord &&
        LoadLittle<std::uint16_t>(bytes, at + 20) == comment) {
      return at;
    }
  }
  return std::nullopt;
}

// A member's bytes as the archive stores them. `files` is the part before the central directory.
absl::StatusOr<std::span<const std::byte>> StoredBytes(std::span<const std::byte> files,
                                                       std::size_t offset, std::size_t count,
                                                       absl::string_view member,
                                                       absl::string_view name) {
  if (offset > files.size()) {
    return FormatError(name, offset, absl::StrCat("member ", member, " begins beyond the files"));
  }
  const std::string reader_name = absl::StrCat(name, "(", member, ")");
  ByteReader reader(files.subspan(offset), reader_name);
  ASSIGN_OR_RETURN(const auto header, reader.Take(kLocalHeaderBytes, "local header"));
  if (LoadLittle<std::uint32_t>(header, 0) != kZipLocalHeader) {
    return FormatError(name, offset, absl::StrCat("no local header for member ", member));
  }
  ASSIGN_OR_RETURN(const auto local_name,
                   reader.Take(LoadLittle<std::uint16_t>(header, 26), "local name"));
  if (AsText(local_name) != member) {
    return FormatError(name, offset,
                       absl::StrCat("the local header of ", member, " has another name"));
  }
  RETURN_IF_ERROR(reader.Take(LoadLittle<std::uint16_t>(header, 28), "extra field").status());
  return reader.Take(count, "contents");
}

}  // namespace

absl::StatusOr<ZipArchive> ZipArchive::Open(std::span<const std::byte> bytes,
                                            absl::string_view name) {
  const std::optional<std::size_t> end = FindEndRecord(bytes);
  if (!end.has_value()) {
    return FormatError(name, bytes.size(), "not a zip archive, or truncated: no end record");
  }
  const auto record = bytes.subspan(*end, kEndRecordBytes);
  const std::uint16_t count = LoadLittle<std::uint16_t>(record, 10);
  const std::uint32_t directory_bytes = LoadLittle<std::uint32_t>(record, 12);
  const std::uint32_t directory = LoadLittle<std::uint32_t>(record, 16);
  if (LoadLittle<std::uint32_t>(record, 4) != 0 || LoadLittle<std::uint16_t>(record, 8) != count) {
    return FormatError(name, *end, "archives of several disks are not read");
  }
  if (directory == kZip64Mark || directory_bytes == kZip64Mark) {
    return FormatError(name, *end, "zip64 archives (4 GiB or more) are not read");
  }
  if (std::uint64_t{directory} + directory_bytes != *end) {
    return FormatError(name, *end,
                       absl::StrCat("the central directory is said to be ", directory_bytes,
                                    " bytes at ", directory, ", which does not end here"));
  }
  if (count > kMaxZipMembers) {
    return FormatError(name, *end, absl::StrCat(count, " members; the limit is ", kMaxZipMembers));
  }
  ZipArchive archive(name);
  RETURN_IF_ERROR(archive.AddMembers(bytes, directory, directory_bytes, count));
  return archive;
}

absl::Status ZipArchive::AddMembers(std::span<const std::byte> bytes, std::size_t directory,
                                    std::size_t directory_bytes, std::size_t count) {
  const std::string reader_name = absl::StrCat(name_, "(central directory)");
  ByteReader reader(bytes.subspan(directory, directory_bytes), reader_name);
  for (std::size_t i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(const auto entry, reader.Take(kDirectoryEntryBytes, "entry"));
    if (LoadLittle<std::uint32_t>(entry, 0) != kZipDirectoryEntry) {
      return reader.Error("no entry ends here");
    }
    const std::uint32_t stored_bytes = LoadLittle<std::uint32_t>(entry, 20);
    const std::uint32_t offset = LoadLittle<std::uint32_t>(entry, 42);
    ASSIGN_OR_RETURN(const auto name, reader.Take(LoadLittle<std::uint16_t>(entry, 28), "name"));
    RETURN_IF_ERROR(reader
                        .Take(std::size_t{LoadLittle<std::uint16_t>(entry, 30)} +
                                  LoadLittle<std::uint16_t>(entry, 32),
                              "extra field and comment")
                        .status());
    Member member{.method = LoadLittle<std::uint16_t>(entry, 10),
                  .crc = LoadLittle<std::uint32_t>(entry, 16),
                  .bytes = LoadLittle<std::uint32_t>(entry, 24),
                  .stored = {}};
    if (stored_bytes == kZip64Mark || member.bytes == kZip64Mark || offset == kZip64Mark) {
      return reader.Error("zip64 members (4 GiB or more) are not read");
    }
    if ((LoadLittle<std::uint16_t>(entry, 8) & kEncryptedFlag) != 0) {
      return reader.Error("encrypted members are not read");
    }
    ASSIGN_OR_RETURN(member.stored, StoredBytes(bytes.first(directory), offset, stored_bytes,
                                                AsText(name), name_));
    if (!members_.emplace(AsText(name), member).second) {
      return reader.Error(absl::StrCat("member ", AsText(name), " occurs twice"));
    }
  }
  return reader.ExpectEnd();
}

std::vector<std::string> ZipArchive::names() const {
  std::vector<std::string> names;
  for (const auto& [name, member] : members_) names.push_back(name);
  return names;
}

absl::StatusOr<AlignedBuffer<std::byte>> ZipArchive::Read(const std::string& member) const {
  const auto found = members_.find(member);
  if (found == members_.end()) {
    return absl::NotFoundError(absl::StrCat(
        name_, ": has no member ", member, " (it has ",
        absl::StrJoin(members_, ", ",
                      [](std::string* out, const auto& entry) { out->append(entry.first); }),
        ")"));
  }
  const auto& [method, crc, size, stored] = found->second;
  const std::string name = absl::StrCat(name_, "(", member, ")");
  AlignedBuffer<std::byte> contents;
  if (method == kZipStored) {
    if (stored.size() != size) {
      return FormatError(name, 0,
                         absl::StrCat("stored in ", stored.size(), " bytes, claims ", size));
    }
    contents = AlignedBuffer<std::byte>(stored.size());
    std::copy(stored.begin(), stored.end(), contents.data());
  } else if (method == kZipDeflated) {
    ASSIGN_OR_RETURN(contents, Inflate(stored, Wrapping::kNone, size, name));
  } else {
    return FormatError(
        name, 0,
        absl::StrCat("compression method ", method, ": only 0 (stored) and 8 (deflated) are read"));
  }
  if (crc32_z(0, reinterpret_cast<const Bytef*>(contents.data()), contents.size()) != crc) {
    return FormatError(name, 0, "damaged: the CRC-32 does not match");
  }
  return contents;
}

}  // namespace fedround::data
