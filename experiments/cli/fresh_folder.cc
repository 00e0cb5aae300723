#include "experiments/cli/fresh_folder.h"

#include <algorithm>
#include <ctime>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "common/base/hash.h"
#include "common/base/status_macros.h"

namespace fedround::cli {

namespace fs = std::filesystem;

absl::StatusOr<FreshFolder> FreshFolder::Create(const std::string& path) {
  if (FileExists(path + "/ledger.sqlite")) {
    return absl::AlreadyExistsError(absl::StrCat(path, " holds a run; name another folder"));
  }
  FreshFolder folder(path);
  std::error_code error;
  for (fs::path missing = fs::absolute(path, error).lexically_normal();
       !missing.empty() && !fs::exists(missing, error); missing = missing.parent_path()) {
    if (missing.has_filename()) folder.created_.push_back(missing);
  }
  RETURN_IF_ERROR(MakeFolders(path));
  return folder;
}

void FreshFolder::Discard() {
  if (created_.empty()) return;
  std::error_code ignored;  // what cannot be removed stays
  fs::remove_all(created_.front(), ignored);
  // Those above only if nobody else has put something there.
  for (std::size_t i = 1; i < created_.size(); ++i) fs::remove(created_[i], ignored);
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
