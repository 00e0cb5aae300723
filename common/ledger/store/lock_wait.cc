#include "common/ledger/store/lock_wait.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/base/log.h"

namespace fedround::ledger {
namespace {

constexpr Nanos kLongestWait = 600 * kNanosPerSecond;
constexpr Nanos kHurriedWait = kNanosPerSecond;
constexpr Nanos kUnremarkable = 2 * kNanosPerSecond;
constexpr Nanos kLongestSleep = 50 * kNanosPerMilli;

}  // namespace

LockWait::LockWait(std::string path)
    : path_(std::move(path)), tell_([](const std::string& message) { LogInfo(message); }) {}

bool LockWait::Sleep(int refusals) {
  const Nanos now = MonotonicNow();
  if (refusals == 0) {
    since_ = now;
    told_ = false;
  }
  if (!GoOn(now - since_)) return false;
  std::this_thread::sleep_for(
      std::chrono::nanoseconds(std::min((refusals + 1) * kNanosPerMilli, kLongestSleep)));
  return true;
}

bool LockWait::GoOn(Nanos waited) {
  if (waited >= (hurry_ ? kHurriedWait : kLongestWait)) return false;
  if (waited >= kUnremarkable && !told_) {
    told_ = true;
    tell_(absl::StrCat(path_, ": another program holds its lock; waiting for up to ",
                       kLongestWait / kNanosPerSecond, " s. ", LockAdvice(path_)));
  }
  return true;
}

std::string LockAdvice(absl::string_view path) {
  return absl::StrCat("Close the program that has the file open; `fuser -v ", path, "` names it");
}

}  // namespace fedround::ledger
