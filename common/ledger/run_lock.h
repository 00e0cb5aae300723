// The lock on a run folder. Only its holder may write and delete in the folder: it is taken before
// anything in the folder is read, and held until the run has ended.
//
// It is a lock on the file RUN/lock, which names the holder and is removed with the lock; a file
// left behind by a killed process is not locked.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/io/file.h"

namespace fedround::ledger {

inline constexpr absl::string_view kLockFile = "lock";

class RunLock {
 public:
  // Creates the folder if it is missing. Errors: ALREADY_EXISTS if another holds the lock, with its
  // name; what the system says. On a file system without locks it returns a lock without effect and
  // says so in the log.
  static absl::StatusOr<RunLock> Take(const std::string& folder);
  RunLock(RunLock&& other) noexcept = default;
  RunLock& operator=(RunLock&& other) = delete;
  ~RunLock();

  // A child process that inherits this descriptor holds the lock as well, until it ends.
  int fd() const { return fd_.get(); }

 private:
  RunLock(std::string path, Fd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  std::string path_;
  Fd fd_;  // none once moved from
};

}  // namespace fedround::ledger
