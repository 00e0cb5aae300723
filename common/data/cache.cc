#include "common/data/cache.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <span>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/hash.h"
#include "common/base/io/user_folder.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"

namespace fedround::data {
namespace {

constexpr std::size_t kReadBytes = std::size_t{256} << 10;  // stays in the second-level cache

// How long to wait for a process that decodes the same data: it may have been stopped.
constexpr Nanos kPatience = 60 * kNanosPerSecond;

absl::StatusOr<FileLock> Lock(const std::string& path) {
  absl::StatusOr<FileLock> lock = FileLock::TryAcquire(path);
  if (!absl::IsFailedPrecondition(lock.status())) return lock;
  return FileLock::AcquireUnless(
      path, [path, deadline = MonotonicNow() + kPatience]() -> absl::Status {
        if (MonotonicNow() < deadline) return absl::OkStatus();
        return absl::DeadlineExceededError(absl::StrCat(path, ": held for too long"));
      });
}

absl::Status OpenFolder(const std::string& folder) {
  RETURN_IF_ERROR(MakeFolders(std::filesystem::path(folder).parent_path().string()));
  return MakePrivateFolder(folder);
}

// One opening.
class Opening {
 public:
  explicit Opening(const CacheRequest& request) : request_(request) {}

  absl::StatusOr<CachedDataset> Run() {
    if (request_.known_hash.empty()) RETURN_IF_ERROR(HashNow());
    const std::vector<std::string> folders = CacheFolders();
    if (folders.size() == 1) trouble_ = "neither XDG_CACHE_HOME nor HOME names a folder";
    for (const std::string& folder : folders) {
      absl::StatusOr<CachedDataset> cache = In(folder);
      RETURN_IF_ERROR(failure_);
      if (cache.ok()) return Warned(*std::move(cache), folder);
      if (trouble_.empty()) trouble_ = std::string(cache.status().message());
    }
    RETURN_IF_ERROR(HashNow());
    RETURN_IF_ERROR(Decode());
    return InMemory();
  }

 private:
  // Errors: what is wrong with the folder; or, if `failure_` is set afterwards, what is wrong with
  // the data.
  absl::StatusOr<CachedDataset> In(const std::string& folder) {
    RETURN_IF_ERROR(OpenFolder(folder));
    const std::string path = absl::StrCat(folder, "/", request_.file);
    absl::StatusOr<CachedDataset> cache = Find(path);
    if (cache.ok()) return cache;
    RETURN_IF_ERROR(failure_ = HashNow());
    // Without the lock two processes may decode the same data, and the later one wins.
    const absl::StatusOr<FileLock> lock = Lock(path + ".lock");
    cache = Find(path);
    if (cache.ok()) return cache;
    if (absl::IsDataLoss(cache.status())) {
      LogInfo(absl::StrCat("decoding again: ", cache.status().message()));
    }
    // Decoding for a folder that cannot be written would be in vain; the next folder may have the
    // file.
    if (access(folder.c_str(), W_OK | X_OK) != 0) return ErrnoStatus(errno, folder);
    if (lock.ok()) RemoveFilesAside(folder);
    // Before the temporary file is made: a process that is stopped while it decodes leaves none.
    RETURN_IF_ERROR(failure_ = Decode());
    ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path, 0600));
    RETURN_IF_ERROR(WriteCacheFile(
        *decoded_, *source_hash_, [&file](absl::string_view piece) { return file.Append(piece); }));
    RETURN_IF_ERROR(file.Sync());
    RETURN_IF_ERROR(file.Commit());
    return Find(path);
  }

  // Removes what processes left that were stopped while they wrote this entry. Call it only while
  // holding the lock.
  void RemoveFilesAside(const std::string& folder) const {
    namespace fs = std::filesystem;
    const std::string prefix = request_.file + ".";
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
      const std::string name = it->path().filename().string();
      if (!absl::StartsWith(name, prefix) || !absl::EndsWith(name, ".tmp")) continue;
      unlink(it->path().c_str());
    }
  }

  absl::Status HashNow() {
    if (source_hash_.has_value()) return absl::OkStatus();
    ASSIGN_OR_RETURN(source_hash_, HashSources(request_.sources));
    return absl::OkStatus();
  }

  // NOT_FOUND if there is no file, or one with other contents; DATA_LOSS if it is damaged.
  absl::StatusOr<CachedDataset> Find(const std::string& path) const {
    ASSIGN_OR_RETURN(Fd fd, OpenForRead(path));
    ASSIGN_OR_RETURN(CachedDataset cache, ReadCacheFile(std::move(fd), path));
    const bool right = cache.source_hash == source_hash_ ||
                       (!request_.known_hash.empty() && cache.hash == request_.known_hash);
    if (!right) return absl::NotFoundError(absl::StrCat(path, ": has other contents"));
    return cache;
  }

  absl::Status Decode() {
    if (decoded_.has_value()) return absl::OkStatus();
    ASSIGN_OR_RETURN(Decoded decoded, request_.decode());
    RETURN_IF_ERROR(CheckDecoded(decoded, request_.name));
    ASSIGN_OR_RETURN(const std::uint64_t now, HashSources(request_.sources));
    if (now != source_hash_) {
      return absl::AbortedError(absl::StrCat(
          request_.sources.front(), ": it, or a file read with it, changed while it was read"));
    }
    decoded_ = std::move(decoded);
    return absl::OkStatus();
  }

  // The same in a file without a name.
  absl::StatusOr<CachedDataset> InMemory() {
    Fd fd(memfd_create("fedround-data", MFD_CLOEXEC));
    if (!fd.valid()) return ErrnoStatus(errno, "memory for decoded data");
    const std::string path = absl::StrCat("/proc/self/fd/", fd.get());
    RETURN_IF_ERROR(WriteCacheFile(*decoded_, *source_hash_, [&](absl::string_view piece) {
      return WriteAll(fd, piece, path);
    }));
    decoded_.reset();  // or memory would hold the data set twice
    ASSIGN_OR_RETURN(CachedDataset cache, ReadCacheFile(std::move(fd), path));
    cache.warning = absl::StrCat("no cache of decoded data (", trouble_,
                                 "): each process decodes it for itself; set XDG_CACHE_HOME to a "
                                 "folder that can be written");
    return cache;
  }

  CachedDataset Warned(CachedDataset cache, const std::string& folder) const {
    if (!trouble_.empty()) {
      cache.warning = absl::StrCat("decoded data is kept in ", folder, " (", trouble_,
                                   "); set XDG_CACHE_HOME to a folder that can be written");
    }
    return cache;
  }

  const CacheRequest& request_;
  std::string trouble_;  // of the first folder that cannot be used
  absl::Status failure_;
  std::optional<std::uint64_t> source_hash_;
  std::optional<Decoded> decoded_;
};

}  // namespace

absl::StatusOr<CachedDataset> OpenOrBuildCache(const CacheRequest& request) {
  return Opening(request).Run();
}

std::vector<std::string> CacheFolders() {
  std::vector<std::string> folders;
  if (const auto usual = UserFolder("XDG_CACHE_HOME", ".cache"); usual.has_value()) {
    // It may be a link to a larger disk. In /tmp, where others could plant one, a link is refused.
    std::error_code error;
    const std::filesystem::path real = std::filesystem::weakly_canonical(*usual, error);
    folders.push_back(error ? *usual : real.string());
  }
  const char* const temporary = std::getenv("TMPDIR");
  folders.push_back(absl::StrCat(temporary != nullptr && temporary[0] == '/' ? temporary : "/tmp",
                                 "/fedround-", geteuid()));
  return folders;
}

absl::StatusOr<std::uint64_t> HashSources(const std::vector<std::string>& paths) {
  Xxh3Stream stream;
  std::vector<std::byte> piece(paths.empty() ? 0 : kReadBytes);
  for (const std::string& path : paths) {
    ASSIGN_OR_RETURN(const Fd fd, OpenForRead(path));
    ASSIGN_OR_RETURN(const std::uint64_t size, FileSize(fd, path));
    stream.Append(std::as_bytes(std::span(&size, 1)));
    for (std::uint64_t offset = 0; offset < size;) {
      const auto part = std::span(piece).first(std::min<std::uint64_t>(kReadBytes, size - offset));
      RETURN_IF_ERROR(ReadExactly(fd, offset, part, path));
      stream.Append(part);
      offset += part.size();
    }
  }
  return stream.Digest();
}

}  // namespace fedround::data
