// A folder for fuzzers of parsers that read a path. It is in memory if the system has such a file
// system, because thousands of files are written per second.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "common/base/check.h"

namespace fedround::fuzz {

class ScratchFolder {
 public:
  ScratchFolder() {
    const bool in_memory = access("/dev/shm", W_OK) == 0;
    const std::filesystem::path parent =
        in_memory ? "/dev/shm" : std::filesystem::temp_directory_path();
    path_ = (parent / "fedround-fuzz-XXXXXX").string();
    CHECK(mkdtemp(path_.data()) != nullptr);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace fedround::fuzz
