#include "common/ledger/run_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"

namespace fedround::ledger {
namespace {

constexpr std::size_t kLongestHolder = 128;

// Whether `path` is still the file that was opened: its previous holder may have removed it.
bool IsStillThere(const Fd& fd, const std::string& path) {
  struct stat ours {};
  struct stat there {};
  return fstat(fd.get(), &ours) == 0 && lstat(path.c_str(), &there) == 0 &&
         ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

void WriteHolder(const Fd& fd) {
  char host[kLongestHolder / 2] = "";
  gethostname(host, sizeof(host) - 1);
  const std::string holder = absl::StrCat("process ", getpid(), " on ", host);
  // A lock is valid even without its holder's name.
  [[maybe_unused]] const bool written =
      ftruncate(fd.get(), 0) == 0 &&
      pwrite(fd.get(), holder.data(), holder.size(), 0) == static_cast<ssize_t>(holder.size());
}

std::string Holder(const Fd& fd) {
  char text[kLongestHolder];
  const ssize_t count = pread(fd.get(), text, sizeof(text), 0);
  if (count <= 0) return "another process";
  std::string holder(text, static_cast<std::size_t>(count));
  std::ranges::replace_if(
      holder, [](unsigned char c) { return !absl::ascii_isprint(c); }, '?');
  return holder;
}

// Nothing if the file was removed before it was locked: try again.
absl::StatusOr<std::optional<Fd>> TryOnce(const std::string& folder, const std::string& path) {
  RETURN_IF_ERROR(MakeFolders(folder));
  Fd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!fd.valid() && errno == ENOENT) return std::optional<Fd>();
  if (!fd.valid()) return ErrnoStatus(errno, path);
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      return absl::AlreadyExistsError(
          absl::StrCat(folder, " is in use by ", Holder(fd), "; name another folder"));
    }
    LogError(absl::StrCat("lock ", path, ": ", std::strerror(errno),
                          ": nothing keeps another run out of this folder"));
  }
  if (!IsStillThere(fd, path)) return std::optional<Fd>();
  WriteHolder(fd);
  return std::optional<Fd>(std::move(fd));
}

}  // namespace

absl::StatusOr<RunLock> RunLock::Take(const std::string& folder) {
  const std::string path = absl::StrCat(folder, "/", kLockFile);
  while (true) {
    ASSIGN_OR_RETURN(std::optional<Fd> fd, TryOnce(folder, path));
    if (fd.has_value()) return RunLock(path, *std::move(fd));
  }
}

RunLock::~RunLock() {
  if (fd_.valid()) unlink(path_.c_str());
}

}  // namespace fedround::ledger
