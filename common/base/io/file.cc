#include "common/base/io/file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/hash.h"
#include "common/base/process/interruption.h"
#include "common/base/status_macros.h"

namespace fedround {

Fd& Fd::operator=(Fd&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Fd::~Fd() {
  if (fd_ >= 0) close(fd_);
}

absl::Status ErrnoStatus(int error, absl::string_view what) {
  const std::string message = absl::StrCat(what, ": ", std::strerror(error));
  switch (error) {
    case ENOENT:
      return absl::NotFoundError(message);
    case EACCES:
    case EPERM:
      return absl::PermissionDeniedError(message);
    case ENOSPC:
    case EDQUOT:
      return absl::ResourceExhaustedError(message);
    case EWOULDBLOCK:
      return absl::FailedPreconditionError(message);
    default:
      return absl::UnknownError(message);
  }
}

namespace {

// OK for the mode of a file.
absl::Status CheckMode(mode_t mode, absl::string_view path) {
  if (S_ISREG(mode)) return absl::OkStatus();
  const absl::string_view what = S_ISDIR(mode)    ? "a folder"
                                 : S_ISFIFO(mode) ? "a named pipe"
                                 : S_ISSOCK(mode) ? "a socket"
                                                  : "a device";
  return absl::InvalidArgumentError(absl::StrCat(path, ": is ", what, ", not a file"));
}

// Waits until `fd`, which another user has made non-blocking, has something to read.
void WaitToRead(int fd) {
  pollfd wait = {fd, POLLIN, 0};
  poll(&wait, 1, -1);
}

}  // namespace

absl::Status CheckIsFile(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return ErrnoStatus(errno, path);
  return CheckMode(info.st_mode, path);
}

absl::StatusOr<Fd> OpenForRead(const std::string& path) {
  RETURN_IF_ERROR(CheckIsFile(path));  // opening a device may have effects
  Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) return ErrnoStatus(errno, path);
  // It may be another file by now.
  struct stat info {};
  if (fstat(fd.get(), &info) != 0) return ErrnoStatus(errno, path);
  RETURN_IF_ERROR(CheckMode(info.st_mode, path));
  if (fcntl(fd.get(), F_SETFL, 0) != 0) return ErrnoStatus(errno, path);
  return fd;
}

absl::StatusOr<std::uint64_t> FileSize(const Fd& fd, absl::string_view path) {
  struct stat info {};
  if (fstat(fd.get(), &info) != 0) return ErrnoStatus(errno, path);
  RETURN_IF_ERROR(CheckMode(info.st_mode, path));
  return static_cast<std::uint64_t>(info.st_size);
}

std::optional<int> DescriptorNamed(absl::string_view path) {
  if (path == "/dev/stdin") return STDIN_FILENO;
  int fd = -1;
  const bool named =
      absl::ConsumePrefix(&path, "/dev/fd/") || absl::ConsumePrefix(&path, "/proc/self/fd/");
  if (!named || !absl::SimpleAtoi(path, &fd) || fd < 0) return std::nullopt;
  return fd;
}

absl::StatusOr<std::string> ReadStream(int fd, absl::string_view name, std::uint64_t limit_bytes) {
  std::string contents;
  char piece[1 << 14];
  while (true) {
    const ssize_t count = read(fd, piece, sizeof(piece));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) {
      WaitToRead(fd);
      continue;
    }
    if (count < 0) return ErrnoStatus(errno, name);
    if (count == 0) return contents;
    contents.append(piece, static_cast<std::size_t>(count));
    if (contents.size() > limit_bytes) {
      return absl::ResourceExhaustedError(
          absl::StrCat(name, ": more than ", limit_bytes, " bytes, which is the limit"));
    }
  }
}

absl::Status ReadExactly(const Fd& fd, std::uint64_t offset, std::span<std::byte> out,
                         absl::string_view path) {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t count =
        pread(fd.get(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ErrnoStatus(errno, path);
    if (count == 0) {
      return absl::DataLossError(
          absl::StrCat(path, ": ends at byte ", offset + done, ", needs ", offset + out.size()));
    }
    done += static_cast<std::size_t>(count);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadFile(const std::string& path, std::uint64_t limit_bytes) {
  ASSIGN_OR_RETURN(const Fd fd, OpenForRead(path));
  ASSIGN_OR_RETURN(const std::uint64_t size, FileSize(fd, path));
  if (size > limit_bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat(path, ": ", size, " bytes; the limit is ", limit_bytes));
  }
  std::string contents(size, '\0');
  RETURN_IF_ERROR(ReadExactly(
      fd, 0, std::as_writable_bytes(std::span(contents.data(), contents.size())), path));
  return contents;
}

absl::Status WriteAll(const Fd& fd, absl::string_view contents, const std::string& path) {
  while (!contents.empty()) {
    const ssize_t count = write(fd.get(), contents.data(), contents.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ErrnoStatus(errno, path);
    contents.remove_prefix(static_cast<std::size_t>(count));
  }
  return absl::OkStatus();
}

absl::StatusOr<AtomicFile> AtomicFile::Create(const std::string& path, unsigned mode) {
  std::string aside = absl::StrCat(path, ".", RandomHex(8), ".tmp");
  Fd fd(open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!fd.valid()) return ErrnoStatus(errno, aside);
  return AtomicFile(path, std::move(aside), std::move(fd));
}

AtomicFile::~AtomicFile() {
  if (fd_.valid()) unlink(aside_.c_str());
}

absl::Status AtomicFile::Append(absl::string_view piece) { return WriteAll(fd_, piece, path_); }

absl::Status AtomicFile::Sync() {
  return fdatasync(fd_.get()) == 0 ? absl::OkStatus() : ErrnoStatus(errno, path_);
}

absl::Status AtomicFile::Commit() {
  if (rename(aside_.c_str(), path_.c_str()) != 0) return ErrnoStatus(errno, path_);
  fd_ = Fd();
  return absl::OkStatus();
}

absl::Status WriteFileAtomically(const std::string& path, absl::string_view contents,
                                 unsigned mode) {
  return WriteFileAtomically(path, std::span(&contents, 1), mode);
}

absl::Status WriteFileAtomically(const std::string& path, std::span<const absl::string_view> parts,
                                 unsigned mode) {
  ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path, mode));
  for (const absl::string_view part : parts) RETURN_IF_ERROR(file.Append(part));
  return file.Commit();
}

absl::Status MakeFolders(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return ErrnoStatus(error.value(), path);
  return absl::OkStatus();
}

absl::Status MakePrivateFolder(const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return ErrnoStatus(errno, path);
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0) return ErrnoStatus(errno, path);
  if (!S_ISDIR(info.st_mode)) {
    return absl::PermissionDeniedError(absl::StrCat(path, ": is not a folder"));
  }
  if (info.st_uid != geteuid()) {
    return absl::PermissionDeniedError(
        absl::StrCat(path, ": belongs to user ", info.st_uid, ", and this is user ", geteuid()));
  }
  if ((info.st_mode & 0077U) == 0 || chmod(path.c_str(), 0700) == 0) return absl::OkStatus();
  // The file system may be read-only, or have no modes. That others may read it is acceptable.
  if ((info.st_mode & 0022U) == 0) return absl::OkStatus();
  return ErrnoStatus(errno, absl::StrCat(path, ": others may write there; chmod 0700"));
}

bool FileExists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

absl::StatusOr<FileLock> FileLock::Lock(const std::string& path, int operation,
                                        const std::function<absl::Status()>& on_interrupt) {
  Fd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!fd.valid()) return ErrnoStatus(errno, path);
  while (flock(fd.get(), operation) != 0) {
    if (errno != EINTR) return ErrnoStatus(errno, absl::StrCat("lock ", path));
    RETURN_IF_ERROR(on_interrupt());
  }
  return FileLock(std::move(fd));
}

absl::StatusOr<FileLock> FileLock::Acquire(const std::string& path) {
  return Lock(path, LOCK_EX, [] { return absl::OkStatus(); });
}

absl::StatusOr<FileLock> FileLock::AcquireUnless(const std::string& path,
                                                 const std::function<absl::Status()>& give_up) {
  RETURN_IF_ERROR(give_up());
  ASSIGN_OR_RETURN(const Interruption interruption, Interruption::Every(500 * kNanosPerMilli));
  return Lock(path, LOCK_EX, give_up);
}

absl::StatusOr<FileLock> FileLock::TryAcquire(const std::string& path) {
  return Lock(path, LOCK_EX | LOCK_NB, [] { return absl::OkStatus(); });
}

}  // namespace fedround
