// The locked folder of a run that is about to begin, which can be removed if it does not.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/ledger/run_lock.h"

namespace fedround::cli {

class FreshFolder {
 public:
  // Creates `path` and the folders above it, or takes an existing folder, and holds its lock from
  // then on.
  // Errors: ALREADY_EXISTS if it holds a run, or another run has locked it; what the system says.
  static absl::StatusOr<FreshFolder> Create(const std::string& path);

  const std::string& path() const { return path_; }
  // See RunLock. Not after Discard.
  int lock_fd() const { return lock_->fd(); }

  // Removes what Create made, with everything in it by now, and releases the lock. A folder that
  // existed before stays.
  void Discard();

 private:
  FreshFolder(std::string path, std::vector<std::filesystem::path> created, ledger::RunLock lock)
      : path_(std::move(path)), created_(std::move(created)), lock_(std::move(lock)) {}

  std::string path_;
  std::vector<std::filesystem::path> created_;  // innermost first
  std::optional<ledger::RunLock> lock_;
};

// "runs/NAME-20260131T123456Z-9f3c": new with each call.
std::string NewRunFolder(absl::string_view run_name);

}  // namespace fedround::cli
