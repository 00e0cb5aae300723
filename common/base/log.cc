#include "common/base/log.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <ctime>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/base/printable.h"

namespace fedround {
namespace {

// In bytes, so that a line has room for the message.
constexpr std::size_t kLongestName = 100;

std::string& LogName() {
  static std::string* const name = new std::string("fedround");
  return *name;
}

// How many lines were lost since the last one that says so.
std::atomic<int>& LostLines() {
  static std::atomic<int> lost{0};
  return lost;
}

// Held while a line is written, so that no descriptor is closed under it.
struct LogTarget {
  Mutex mutex;
  int descriptor ABSL_GUARDED_BY(mutex) = STDERR_FILENO;
};
LogTarget& Target() {
  static LogTarget* const target = new LogTarget;
  return *target;
}

// If a log cannot be written, or nobody reads it at the moment, that is no reason to stop or to
// wait.
bool HasRoom(int descriptor) {
  pollfd room{descriptor, POLLOUT, 0};
  return poll(&room, 1, 0) == 1;
}

void WriteLine(absl::string_view level, absl::string_view message) {
  LogTarget& target = Target();
  MutexLock lock(target.mutex);
  if (!HasRoom(target.descriptor)) {
    ++LostLines();
    return;
  }
  const int lost = LostLines().exchange(0);
  const Nanos now = WallNow();
  const std::time_t seconds = static_cast<std::time_t>(now / kNanosPerSecond);
  std::tm local{};
  localtime_r(&seconds, &local);
  const std::string head = absl::StrFormat(
      "%02d:%02d:%02d.%03d %s: %s%s", local.tm_hour, local.tm_min, local.tm_sec,
      static_cast<int>(now % kNanosPerSecond / kNanosPerMilli), LogName(),
      lost > 0 ? absl::StrCat("(", lost, " lines lost: nobody read them) ") : "", level);
  // One write, so that lines of several threads do not mix, and no longer than there is room for.
  const std::string line = absl::StrCat(head, Printable(message, PIPE_BUF - head.size() - 1), "\n");
  [[maybe_unused]] const ssize_t written = write(target.descriptor, line.data(), line.size());
}

}  // namespace

void SetLogName(std::string name) { LogName() = Printable(name, kLongestName); }
void LogInfo(absl::string_view message) { WriteLine("", message); }
void LogError(absl::string_view message) { WriteLine("error: ", message); }

LogFile::LogFile(const std::string& path) {
  const int opened =
      open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (opened < 0) return;
  LogTarget& target = Target();
  MutexLock lock(target.mutex);
  target.descriptor = opened;
}

LogFile::~LogFile() {
  LogTarget& target = Target();
  MutexLock lock(target.mutex);
  if (target.descriptor != STDERR_FILENO) close(target.descriptor);
  target.descriptor = STDERR_FILENO;
}

}  // namespace fedround
