// The folder of a run that is about to begin, and how to make it go away if it does not.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace fedround::cli {

class FreshFolder {
 public:
  // Creates `path` and the folders above it, or takes one that is there.
  // Errors: ALREADY_EXISTS if it holds a run; what the system says.
  static absl::StatusOr<FreshFolder> Create(const std::string& path);

  const std::string& path() const { return path_; }

  // Removes what Create made, with all that is in it by now. A folder that was there before stays.
  void Discard();

 private:
  explicit FreshFolder(std::string path) : path_(std::move(path)) {}

  std::string path_;
  std::vector<std::filesystem::path> created_;  // innermost first
};

// "runs/NAME-20260131T123456Z-9f3c": new with each call.
std::string NewRunFolder(absl::string_view run_name);

}  // namespace fedround::cli
