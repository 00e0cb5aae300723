// One line of log on standard error: "12:34:56.789 client 3: message".
//
// For people, after something went wrong; measurements go to the ledger. Whatever a message
// contains, it becomes one line that a terminal shows as it is (printable.h). Thread-safe.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace fedround {

// The name before each message; set once in main before any thread starts.
void SetLogName(std::string name);
void LogInfo(absl::string_view message);
void LogError(absl::string_view message);

// While it lives, lines are appended to this file instead of going to standard error, unless it
// cannot be opened. One at a time.
class LogFile {
 public:
  explicit LogFile(const std::string& path);
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;
};

}  // namespace fedround
