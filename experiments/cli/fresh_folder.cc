#include "experiments/cli/fresh_folder.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/base/io/file.h"
#include "common/base/status_macros.h"

namespace fedround::cli {

namespace fs = std::filesystem;

namespace {

// Creates `path` and the folders above it; returns those that it created, innermost first. Folders
// that another process creates at the same moment are not among them.
absl::StatusOr<std::vector<fs::path>> MakeMissing(const std::string& path) {
  std::error_code error;
  std::vector<fs::path> missing;
  for (fs::path at = fs::absolute(path, error).lexically_normal();
       !at.empty() && !fs::exists(at, error); at = at.parent_path()) {
    if (at.has_filename()) missing.push_back(at);
  }
  std::vector<fs::path> created;
  for (auto at = missing.rbegin(); at != missing.rend(); ++at) {
    if (mkdir(at->c_str(), 0777) == 0) {
      created.insert(created.begin(), *at);
    } else if (errno != EEXIST) {
      return ErrnoStatus(errno, at->string());
    }
  }
  return created;
}

absl::Status CheckHoldsNoRun(const std::string& path) {
  if (!FileExists(path + "/ledger.sqlite")) return absl::OkStatus();
  return absl::AlreadyExistsError(absl::StrCat(path, " holds a run; name another folder"));
}

}  // namespace

absl::StatusOr<FreshFolder> FreshFolder::Create(const std::string& path) {
  RETURN_IF_ERROR(CheckHoldsNoRun(path));
  ASSIGN_OR_RETURN(std::vector<fs::path> created, MakeMissing(path));
  ASSIGN_OR_RETURN(ledger::RunLock lock, ledger::RunLock::Take(path));
  // A run may have begun and ended since.
  RETURN_IF_ERROR(CheckHoldsNoRun(path));
  return FreshFolder(path, std::move(created), std::move(lock));
}

// The lock file is removed last, and the folder only if it is empty then: whoever takes the lock
// next may have put something there.
void FreshFolder::Discard() {
  std::error_code ignored;  // what cannot be removed stays
  const bool ours = !created_.empty() && fs::equivalent(created_.front(), path_, ignored);
  if (ours) {
    // Not a range-for, whose increment throws.
    std::error_code error;
    for (fs::directory_iterator it(path_, error), end; !error && it != end; it.increment(error)) {
      if (it->path().filename().string() != ledger::kLockFile) {
        fs::remove_all(it->path(), ignored);
      }
    }
  }
  lock_.reset();
  for (const fs::path& folder : created_) fs::remove(folder, ignored);
}

std::string NewRunFolder(absl::string_view run_name) {
  std::string name(run_name);
  std::ranges::replace_if(
      name,
      [](char c) {
        return !absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_';
      },
      '_');
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char time[sizeof("20260131T123456Z")];
  std::strftime(time, sizeof(time), "%Y%m%dT%H%M%SZ", &utc);
  return absl::StrCat("runs/", name, "-", time, "-", RandomHex(2));
}

}  // namespace fedround::cli
