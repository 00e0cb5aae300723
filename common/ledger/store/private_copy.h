// A copy of a database, and of what a killed writer left beside it, in a folder of this process.
//
// SQLite finishes or rolls back what a writer was in the middle of, and writes to do so. But
// reading a run must not change its folder, and cannot where that is on read-only media or belongs
// to somebody else.
#pragma once

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fedround::ledger {

class PrivateCopy {
 public:
  // Copies `path`, `path`-wal and `path`-journal into a new folder below TMPDIR. Errors, with the
  // path:
  // - DATA_LOSS: a journal that no run leaves.
  // - INVALID_ARGUMENT, NOT_FOUND: those of CheckIsFile for the files to be copied.
  // - RESOURCE_EXHAUSTED: the files are larger than the space in TMPDIR, or it ran out meanwhile.
  // - PERMISSION_DENIED: one cannot be read, or TMPDIR cannot be written.
  // - FAILED_PRECONDITION: it cannot be copied for another reason, such as that TMPDIR is missing.
  static absl::StatusOr<PrivateCopy> Create(const std::string& path);
  PrivateCopy(PrivateCopy&& other) noexcept : folder_(std::exchange(other.folder_, "")) {}
  PrivateCopy& operator=(PrivateCopy&&) = delete;
  // Removes the folder. A database that is open stays readable.
  ~PrivateCopy();

  std::string path() const;

 private:
  explicit PrivateCopy(std::string folder) : folder_(std::move(folder)) {}
  absl::Status Take(const std::string& path);

  std::string folder_;
};

}  // namespace fedround::ledger
