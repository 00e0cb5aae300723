// Standard output, whose failure the end of the program must tell: a full disk, a reader that left.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace fedround {

// Writes to standard output and keeps the first error, so that who prints need not look each time.
// Not thread-safe.
class Output {
 public:
  // Writes all of `text` at once; nothing after an error. Waits where the reader does not read.
  void Write(absl::string_view text);
  // OK, or why something that was written is missing: "standard output: No space left on device".
  const absl::Status& status() const { return status_; }

 private:
  absl::Status status_;
};

// For a program that only prints `text`: help, its version. Returns the exit code.
int PrintAndEnd(absl::string_view text);

// Call it first in main. Of the descriptors 0, 1 and 2, one that is closed would be the next
// file's, and what is printed would end up in a ledger or a model; so something takes its place
// that can neither be read nor written, as it was.
void ReserveStandardDescriptors();

}  // namespace fedround
