#include "common/base/slots/stall_watch.h"

#include <fcntl.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/io/file.h"

namespace fedround::slots {
namespace {

constexpr Nanos kLookEvery = 100 * kNanosPerMilli;
constexpr Nanos kPatience = kNanosPerSecond;

struct ThreadState {
  char state = ' ';         // as ps shows it
  std::uint64_t ticks = 0;  // processor time, in hundredths of a second
};

// Source: proc_pid_stat(5). Fields count from 1; the second, a name, may contain anything.
std::optional<ThreadState> ReadThreadState(pid_t pid, pid_t tid) {
  const std::string path = absl::StrCat("/proc/", pid, "/task/", tid, "/stat");
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char text[1024];
  const ssize_t size = fd.valid() ? read(fd.get(), text, sizeof(text)) : -1;
  if (size <= 0) return std::nullopt;
  absl::string_view rest(text, static_cast<std::size_t>(size));
  const std::size_t name_end = rest.rfind(") ");
  if (name_end == absl::string_view::npos) return std::nullopt;
  const std::vector<absl::string_view> fields = absl::StrSplit(rest.substr(name_end + 2), ' ');
  constexpr std::size_t kState = 3 - 3, kUser = 14 - 3, kSystem = 15 - 3;
  std::uint64_t user = 0, system = 0;
  if (fields.size() <= kSystem || fields[kState].size() != 1 ||
      !absl::SimpleAtoi(fields[kUser], &user) || !absl::SimpleAtoi(fields[kSystem], &system)) {
    return std::nullopt;
  }
  return ThreadState{fields[kState].front(), user + system};
}

}  // namespace

bool StallWatch::Stalled(pid_t pid, pid_t tid, Nanos now) {
  if (now - started_ < kLookEvery) return false;
  Seen& seen = seen_[tid];
  if (now - seen.looked < kLookEvery) return seen.stalled;
  const std::optional<ThreadState> thread = ReadThreadState(pid, tid);
  const bool first = seen.looked == 0;
  seen.looked = now;
  if (first || !thread.has_value() || thread->state == 'R' || thread->ticks != seen.ticks) {
    seen.moved = now;
  }
  seen.ticks = thread.has_value() ? thread->ticks : 0;
  const bool stopped = thread.has_value() && (thread->state == 'T' || thread->state == 't');
  seen.stalled = stopped || now - seen.moved >= kPatience;
  return seen.stalled;
}

}  // namespace fedround::slots
