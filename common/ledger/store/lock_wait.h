// What a database does while another program holds its lock: wait for minutes, and say so once.
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
  // Says one line of a long wait.
  using Tell = std::function<void(std::string message)>;

  // Tells the log.
  explicit LockWait(std::string path);
  void set_tell(Tell tell) { tell_ = std::move(tell); }

  // SQLite's busy handler: sleeps a little. `refusals`: of this lock before this one. False: it has
  // waited long enough.
  bool Sleep(int refusals);
  // Whether to go on after waiting so long. Says so once when it takes longer than others need the
  // file for.
  bool GoOn(Nanos waited);
  // Somebody waits for the program to end: from here on a second is long enough. In any thread.
  void Hurry() { hurry_ = true; }

 private:
  const std::string path_;
  Tell tell_;
  Nanos since_ = 0;
  bool told_ = false;
  std::atomic<bool> hurry_{false};
};

// How to find out who it is.
std::string LockAdvice(absl::string_view path);

}  // namespace fedround::ledger
