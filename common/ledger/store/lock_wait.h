// What a database does while another program holds its lock: waits for minutes, and says so once.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "common/base/clock.h"

namespace fedround::ledger {

class LockWait {
 public:
  // Reports a long wait in one line.
  using Tell = std::function<void(std::string message)>;

  // Reports to the log.
  explicit LockWait(std::string path);
  void set_tell(Tell tell) { tell_ = std::move(tell); }

  // SQLite's busy handler: sleeps a little. `refusals`: how often this lock was refused before.
  // False: it has waited long enough.
  bool Sleep(int refusals);
  // Whether to go on after waiting for so long. Reports it once when it takes longer than other
  // programs normally need.
  bool GoOn(Nanos waited);
  // Somebody waits for the program to end: from now on one second is long enough. Any thread may
  // call it.
  void Hurry() { hurry_ = true; }

 private:
  const std::string path_;
  Tell tell_;
  Nanos since_ = 0;
  bool told_ = false;
  std::atomic<bool> hurry_{false};
};

// How to find out which program it is.
std::string LockAdvice(absl::string_view path);

}  // namespace fedround::ledger
