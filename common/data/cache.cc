#include "common/data/cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "common/base/user_folder.h"
#include "common/data/limits.h"

namespace fedround::data {
namespace {

// Raise it when the layout changes, or what any decoder makes of the same sources and options.
constexpr std::uint32_t kFormatVersion = 3;
constexpr std::array<char, 8> kMagic = {'f', 'e', 'd', 'r', 'd', 'a', 't', 'a'};
constexpr std::size_t kHashDigits = 64;

// The file: this header, the labels of both splits, the natural clients, the inputs of both splits.
// Little-endian, without gaps.
struct Header {
  std::array<char, 8> magic;
  std::uint32_t version;
  std::uint32_t type;
  std::uint64_t height;
  std::uint64_t width;
  std::uint64_t channels;
  std::uint64_t classes;
  std::uint64_t train;            // examples
  std::uint64_t test;             // examples
  std::uint64_t natural_clients;  // as many as training examples, or 0
  std::array<char, kHashDigits> hash;
  std::uint64_t checksum;  // XXH3 of the header up to here and of all that stands before the inputs
};
static_assert(sizeof(Header) == 144 && std::has_unique_object_representations_v<Header>);

std::span<const std::byte> BytesOf(const Header& header) {
  return std::as_bytes(std::span(&header, 1));
}

std::uint64_t Checksum(const Header& header,
                       std::initializer_list<std::span<const std::uint32_t>> arrays) {
  Xxh3Stream stream;
  stream.Append(BytesOf(header).first(offsetof(Header, checksum)));
  for (const auto array : arrays) stream.Append(std::as_bytes(array));
  return stream.Digest();
}

// Features of an example, or 0 if they cannot be right.
std::uint64_t InputsClaimed(const Header& header) {
  std::uint64_t inputs = 1;
  for (const std::uint64_t extent : {header.height, header.width, header.channels}) {
    if (extent > kMaxBytes / inputs) return 0;
    inputs *= extent;
    if (inputs == 0) return 0;
  }
  return inputs;
}

// What the file must be long, or 0 if the header cannot be right.
std::uint64_t BytesClaimed(const Header& header) {
  const auto type = static_cast<ValueType>(header.type);
  const std::uint64_t inputs = InputsClaimed(header);
  const bool sane = header.magic == kMagic && header.version == kFormatVersion &&
                    (type == ValueType::kUint8 || type == ValueType::kFloat32) && inputs > 0 &&
                    header.train <= kMaxExamples && header.test <= kMaxExamples &&
                    (header.natural_clients == 0 || header.natural_clients == header.train) &&
                    header.train + header.test <= 2 * kMaxBytes / (inputs * ValueBytes(type));
  if (!sane) return 0;
  return sizeof(Header) +
         (header.train + header.test + header.natural_clients) * sizeof(std::uint32_t) +
         (header.train + header.test) * inputs * ValueBytes(type);
}

absl::Status Damaged(const std::string& path, absl::string_view what) {
  return absl::DataLossError(absl::StrCat(path, ": ", what));
}

// DATA_LOSS for anything but a whole cache file.
absl::StatusOr<CachedDataset> OpenCache(const std::string& path) {
  CachedDataset cache;
  ASSIGN_OR_RETURN(cache.fd, OpenForRead(path));
  ASSIGN_OR_RETURN(const std::uint64_t size, FileSize(cache.fd, path));
  Header header;
  RETURN_IF_ERROR(ReadExactly(cache.fd, 0, std::as_writable_bytes(std::span(&header, 1)), path));
  if (BytesClaimed(header) != size) return Damaged(path, "the size does not match the header");

  std::uint64_t offset = sizeof(Header);
  cache.train.labels.resize(header.train);
  cache.test.labels.resize(header.test);
  cache.natural_clients.resize(header.natural_clients);
  for (auto* array : {&cache.train.labels, &cache.test.labels, &cache.natural_clients}) {
    const auto bytes = std::as_writable_bytes(std::span(*array));
    RETURN_IF_ERROR(ReadExactly(cache.fd, offset, bytes, path));
    offset += bytes.size();
  }
  if (Checksum(header, {cache.train.labels, cache.test.labels, cache.natural_clients}) !=
      header.checksum) {
    return Damaged(path, "the checksum does not match");
  }
  if (std::max(CountClasses(cache.train.labels), CountClasses(cache.test.labels)) >
      header.classes) {
    return Damaged(path, "a label is beyond the classes");
  }
  cache.path = path;
  cache.type = static_cast<ValueType>(header.type);
  cache.shape = {header.height, header.width, header.channels};
  cache.classes = header.classes;
  cache.hash.assign(header.hash.data(), header.hash.size());
  cache.train.values_offset = offset;
  cache.test.values_offset = offset + header.train * cache.shape.size() * ValueBytes(cache.type);
  return cache;
}

absl::Status WriteAll(const Fd& fd, std::span<const std::byte> bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t count = write(fd.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ErrnoStatus(errno, path);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return absl::OkStatus();
}

absl::Status WriteCacheTo(const std::string& path, const Decoded& decoded) {
  const auto& [train, test] = std::tie(decoded.train, decoded.test);
  Header header{.magic = kMagic,
                .version = kFormatVersion,
                .type = static_cast<std::uint32_t>(decoded.type),
                .height = decoded.shape.height,
                .width = decoded.shape.width,
                .channels = decoded.shape.channels,
                .classes = decoded.classes,
                .train = train.labels.size(),
                .test = test.labels.size(),
                .natural_clients = decoded.natural_clients.size(),
                .hash = {},
                .checksum = 0};
  ContentHash(decoded).copy(header.hash.data(), header.hash.size());
  header.checksum = Checksum(header, {train.labels, test.labels, decoded.natural_clients});

  const Fd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!fd.valid()) return ErrnoStatus(errno, path);
  for (const std::span<const std::byte> part :
       {BytesOf(header), std::as_bytes(std::span(train.labels)),
        std::as_bytes(std::span(test.labels)), std::as_bytes(std::span(decoded.natural_clients)),
        train.values.span(), test.values.span()}) {
    RETURN_IF_ERROR(WriteAll(fd, part, path));
  }
  // Inputs are not checked on opening, so they must be on the disk before the name is.
  if (fdatasync(fd.get()) != 0) return ErrnoStatus(errno, path);
  return absl::OkStatus();
}

absl::Status WriteCache(const std::string& path, const Decoded& decoded) {
  const std::string aside = absl::StrCat(path, ".", getpid(), ".tmp");
  absl::Status status = WriteCacheTo(aside, decoded);
  if (status.ok() && rename(aside.c_str(), path.c_str()) != 0) status = ErrnoStatus(errno, path);
  if (status.ok()) return status;
  unlink(aside.c_str());
  return absl::Status(
      status.code(),
      absl::StrCat(status.message(), "; set XDG_CACHE_HOME to a folder with room for the data"));
}

bool MustBuild(const absl::Status& status) {
  return absl::IsNotFound(status) || absl::IsDataLoss(status);
}

}  // namespace

absl::StatusOr<std::string> CacheFolder() {
  const std::optional<std::string> usual = UserFolder("XDG_CACHE_HOME", ".cache");
  if (!usual.has_value()) {
    const std::string folder = absl::StrCat("/tmp/fedround-", geteuid());
    RETURN_IF_ERROR(MakePrivateFolder(folder));
    return folder;
  }
  RETURN_IF_ERROR(MakeFolders(*usual));
  return *usual;
}

absl::StatusOr<CachedDataset> OpenOrBuildCache(
    const std::string& path, absl::string_view name,
    const std::function<absl::StatusOr<Decoded>()>& decode) {
  absl::StatusOr<CachedDataset> cache = OpenCache(path);
  if (cache.ok() || !MustBuild(cache.status())) return cache;
  ASSIGN_OR_RETURN(const FileLock lock, FileLock::Acquire(absl::StrCat(path, ".lock")));
  // Another process may have built it while this one waited.
  cache = OpenCache(path);
  if (cache.ok() || !MustBuild(cache.status())) return cache;
  if (absl::IsDataLoss(cache.status())) {
    LogInfo(absl::StrCat("decoding again: ", cache.status().message()));
  }
  ASSIGN_OR_RETURN(const Decoded decoded, decode());
  RETURN_IF_ERROR(CheckDecoded(decoded, name));
  RETURN_IF_ERROR(WriteCache(path, decoded));
  return OpenCache(path);
}

absl::StatusOr<std::string> DescribeSources(const std::vector<std::string>& paths) {
  std::string text = absl::StrCat("format ", kFormatVersion, "\n");
  for (const std::string& path : paths) {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0) return ErrnoStatus(errno, path);
    std::error_code error;
    const std::filesystem::path absolute = std::filesystem::absolute(path, error);
    if (error) return ErrnoStatus(error.value(), path);
    absl::StrAppend(&text, absolute.string(), " ", info.st_size, " ", info.st_mtim.tv_sec, ".",
                    info.st_mtim.tv_nsec, "\n");
  }
  return text;
}

}  // namespace fedround::data
