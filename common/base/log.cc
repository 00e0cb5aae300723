#include "common/base/log.h"

#include <unistd.h>

#include <ctime>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/clock.h"

namespace fedround {
namespace {

std::string& LogName() {
  static std::string* const name = new std::string("fedround");
  return *name;
}

void WriteLine(absl::string_view level, absl::string_view message) {
  const Nanos now = WallNow();
  const std::time_t seconds = static_cast<std::time_t>(now / kNanosPerSecond);
  std::tm local{};
  localtime_r(&seconds, &local);
  const std::string line = absl::StrFormat(
      "%02d:%02d:%02d.%03d %s: %s%s\n", local.tm_hour, local.tm_min, local.tm_sec,
      static_cast<int>(now % kNanosPerSecond / kNanosPerMilli), LogName(), level, message);
  // One write, so that lines of several threads do not mix. A log that cannot be written is no
  // reason to stop.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace

void SetLogName(std::string name) { LogName() = std::move(name); }
void LogInfo(absl::string_view message) { WriteLine("", message); }
void LogError(absl::string_view message) { WriteLine("error: ", message); }

}  // namespace fedround
