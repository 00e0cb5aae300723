// Standard output whose failure (a full disk, a reader that left) is known at the program's end.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace fedround {

// Writes to standard output and keeps the first error, so that it need not be checked after every
// write. Not thread-safe.
class Output {
 public:
  // Writes all of `text` at once; nothing after an error. Waits if the reader does not read.
  void Write(absl::string_view text);
  // OK, or why something that was written is missing: "standard output: No space left on device".
  const absl::Status& status() const { return status_; }

 private:
  absl::Status status_;
};

// For a program that only prints `text` (help, its version). Returns the exit code.
int PrintAndEnd(absl::string_view text);

// Call it first in main. If one of the descriptors 0, 1 and 2 is closed, the next file that is
// opened would get its number, and printed text would end up in a ledger or a model. So it is
// replaced by one that can neither be read nor written.
void ReserveStandardDescriptors();

}  // namespace fedround
