// What one client remembers from task to task: named vectors, kept by its id and not by its
// process or thread.
//
// In two phases, since a client never knows whether its answer will count. A task *stages* what it
// would remember. The client's next instruction says which of its answers counted last: if it is
// that one, what was staged takes over; otherwise it is dropped, and the client computes from what
// it had. So an answer that was refused, late, lost or repeated changes nothing.
//
//   Settle(counted) -> Find(name) -> Stage(ask, name, size) -> ... -> Settle(counted) -> ...
//
// Not thread-safe: a client does one task at a time.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/base/aligned_buffer.h"
#include "common/round/types.h"

namespace fedround {

class ClientState {
 public:
  // At the start of a task; `counted` comes with its instruction.
  // Errors: FAILED_PRECONDITION if what was staged for that ask is not here: it was lost with a
  // process, or `counted` is wrong.
  absl::Status Settle(AskId counted);

  // Empty if nothing is remembered by that name. Valid until the next Settle.
  std::span<const float> Find(absl::string_view name) const;

  // A vector, whose values are those of any earlier one, that is remembered by that name if the
  // answer to `ask` counts. Every task stages the same names and sizes.
  std::span<float> Stage(AskId ask, absl::string_view name, std::size_t size);

  // Appends all of it, settled or not.
  void AppendTo(std::string& bytes) const;
  // In the place of what it holds: what AppendTo wrote. False, with nothing changed, for other bytes.
  bool Restore(absl::string_view bytes);
  // Whether it holds a vector that is not of this size.
  bool HasOtherSizesThan(std::size_t size) const;

 private:
  struct Memory {
    AskId ask = 0;  // that staged it; 0: empty
    std::map<std::string, FloatBuffer, std::less<>> vectors;
  };
  static void Append(const Memory& memory, std::string& bytes);
  static bool Take(absl::string_view& bytes, Memory& memory);

  Memory kept_;    // from the last answer that counted
  Memory staged_;  // from a later one; its vectors are used again for the next
};

}  // namespace fedround
