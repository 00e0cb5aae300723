// Files: whole reads, atomic writes, exact positional reads, locks. Every error names the path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace fedround {

// Owns a descriptor. -1 is "none".
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd();

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

// With the system's words: NOT_FOUND if there is no such file, PERMISSION_DENIED,
// RESOURCE_EXHAUSTED if the disk or the quota is full, FAILED_PRECONDITION if the call would have
// to wait, else UNKNOWN.
absl::Status ErrnoStatus(int error, absl::string_view what);

// INVALID_ARGUMENT if `path` exists but is not a file, NOT_FOUND if it does not exist. For code
// that opens by name (libraries): opening a named pipe would wait for a writer.
absl::Status CheckIsFile(const std::string& path);
// Errors: as CheckIsFile. Never waits.
absl::StatusOr<Fd> OpenForRead(const std::string& path);
absl::StatusOr<std::uint64_t> FileSize(const Fd& fd, absl::string_view path);
// RESOURCE_EXHAUSTED if the file is larger than `limit_bytes`.
absl::StatusOr<std::string> ReadFile(const std::string& path,
                                     std::uint64_t limit_bytes = std::uint64_t{1} << 40);
// The open descriptor that `path` names: 0 of /dev/stdin, 63 of /dev/fd/63 (a shell's
// `<(command)`).
std::optional<int> DescriptorNamed(absl::string_view path);
// Reads `fd`, whatever it is, to its end. Errors call it `name`. RESOURCE_EXHAUSTED if there is
// more than `limit_bytes`.
absl::StatusOr<std::string> ReadStream(int fd, absl::string_view name, std::uint64_t limit_bytes);
// Fills `out` from `offset`. DATA_LOSS if the file ends before that.
absl::Status ReadExactly(const Fd& fd, std::uint64_t offset, std::span<std::byte> out,
                         absl::string_view path);

// Writes all of it at the descriptor's position.
absl::Status WriteAll(const Fd& fd, absl::string_view contents, const std::string& path);

// A file that is written piece by piece under a temporary name; Commit renames it into place.
// Without Commit nothing is left of it. The temporary name is new and cannot be guessed: even in a
// folder that others can write, nobody can have opened the file before, or put a link there.
class AtomicFile {
 public:
  static absl::StatusOr<AtomicFile> Create(const std::string& path, unsigned mode = 0644);
  AtomicFile(AtomicFile&& other) noexcept = default;
  ~AtomicFile();

  absl::Status Append(absl::string_view piece);
  // Afterwards what was appended is on the disk: for files that must survive a power cut.
  absl::Status Sync();
  absl::Status Commit();

 private:
  AtomicFile(std::string path, std::string aside, Fd fd)
      : path_(std::move(path)), aside_(std::move(aside)), fd_(std::move(fd)) {}

  std::string path_;
  std::string aside_;
  Fd fd_;  // none once committed or moved from
};

// Writes under a temporary name and renames, without syncing: a reader sees either the old file or
// the whole new one.
absl::Status WriteFileAtomically(const std::string& path, absl::string_view contents,
                                 unsigned mode = 0644);
// The same for contents in parts, which are not copied together.
absl::Status WriteFileAtomically(const std::string& path, std::span<const absl::string_view> parts,
                                 unsigned mode = 0644);

// Creates the folder and those above it.
absl::Status MakeFolders(const std::string& path);
// Creates `path` for this user alone, or removes others' permissions if it exists.
// PERMISSION_DENIED if it belongs to somebody else, is a link, or others can still write to it.
absl::Status MakePrivateFolder(const std::string& path);
bool FileExists(const std::string& path);

// Holds an exclusive flock on `path` (created if missing) until destroyed; the kernel releases it
// when the process dies.
class FileLock {
 public:
  static absl::StatusOr<FileLock> Acquire(const std::string& path);
  // Waits without polling: the kernel wakes one waiter. `give_up` is called twice per second, which
  // puts the waiter at the end of the kernel's queue; if it returns an error, that ends the wait.
  static absl::StatusOr<FileLock> AcquireUnless(const std::string& path,
                                                const std::function<absl::Status()>& give_up);
  // FAILED_PRECONDITION if another holds it.
  static absl::StatusOr<FileLock> TryAcquire(const std::string& path);

 private:
  explicit FileLock(Fd fd) : fd_(std::move(fd)) {}
  static absl::StatusOr<FileLock> Lock(const std::string& path, int operation,
                                       const std::function<absl::Status()>& on_interrupt);
  Fd fd_;
};

}  // namespace fedround
