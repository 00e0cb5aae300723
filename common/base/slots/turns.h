// Whose turn it is, as a run that looks for a slot reads it from the board.
//
// A free slot goes to the run that holds the fewest; if several hold equally few, to the one that
// has used slots for the least time. Only runs that ask count (Run::Asks), and only holders that
// make progress: the slot of one that does not is lent, which opens its next layer.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "common/base/clock.h"
#include "common/base/slots/board.h"
#include "common/base/slots/stall_watch.h"

namespace fedround::slots {

struct Place {
  int slot = 0;
  int layer = 0;  // kLayers: none of its holders makes progress, so it may be used without a lock
};

// For one Take. Not thread-safe.
class Turns {
 public:
  // For the run with this number on the board, which must outlive this. `pid_space` is that of this
  // process.
  Turns(Board& board, std::uint32_t run, int count, std::uint64_t pid_space, Nanos now);

  // Reads the board, and writes there that the run asks for a slot.
  void Look(Nanos now);

  // ---- as of the last look ----

  // What the run may take, in order.
  std::span<const Place> ours() const { return ours_; }
  // Another run that holds a slot, and its process; 0: none does.
  std::uint32_t holder_run() const { return holder_run_; }
  pid_t holder_pid() const { return holder_pid_; }

 private:
  struct Share {
    std::uint32_t held = 0;
    Nanos used = 0;
  };
  std::vector<Place> CountHoldings(Nanos now);
  void Count(const Holding& holding, Nanos now);
  bool IsStalled(const Holding& holding, Nanos now);
  void StartLevel(Nanos now);
  bool IsOurs(int slot, Nanos now) const;

  Board& board_;
  const std::uint32_t run_;
  const int count_;
  const std::uint64_t pid_space_;
  bool fresh_;  // the run wanted nothing until now
  StallWatch watch_;
  Nanos had_its_turn_;  // when it last had its turn, or there was none to have
  std::array<Share, kRuns> shares_;
  std::vector<Place> ours_;
  std::uint32_t holder_run_ = kNoRun;
  pid_t holder_pid_ = 0;
};

}  // namespace fedround::slots
