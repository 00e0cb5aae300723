// The board of compute slots: a page of memory that all processes of a user on one machine share.
//
// The lock of a file is what holds a slot, and the kernel releases it when the holder dies. The
// board says what a lock cannot: who the holders are, what each run has used so far, who waits. It
// is only trusted as far as a wrong entry does no harm: whatever it says, nobody takes a slot
// without its lock, and an entry whose process was killed or stopped expires (`kAsking`,
// `kHeadLease`). Everything in it is atomic, and nobody ever waits for the board itself.
#pragma once

#include <sys/types.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/clock.h"

namespace fedround::slots {

inline constexpr std::uint32_t kRuns = 64;
inline constexpr std::uint32_t kNoRun = 0xFFFFFFFF;
// The layers of a slot: the slot itself, and one more for each holder that is stopped.
inline constexpr int kLayers = 4;

// A run that asked for, took or gave back a slot within this time keeps its turn: longer than a
// quick run needs from one round to the next, but not long enough to cost the others much.
inline constexpr Nanos kAsking = 100 * kNanosPerMilli;

// All times are monotonic.
struct alignas(64) Run {
  std::atomic<std::uint64_t> id;     // 0: free
  std::atomic<Nanos> seen_ns;        // when it last asked for, took or gave back a slot
  std::atomic<Nanos> used_ns;        // slot time, of slots that were given back
  std::atomic<std::uint32_t> slots;  // it takes those below this number; 0: only slots of its own
  // The process that waits for a slot on behalf of the whole run; see queue.h.
  std::atomic<std::uint32_t> head;
  std::atomic<Nanos> head_seen_ns;
  // How long its heads have waited while others had slots, and for whom last.
  std::atomic<Nanos> short_ns;
  std::atomic<std::uint32_t> holder_run;
  std::atomic<pid_t> holder_pid;

  // Others may have written a little after the caller's `now`, or before a reboot (long after it).
  bool Asks(Nanos now) const { return std::abs(now - seen_ns) < kAsking; }
};

// Who holds a slot.
struct Holding {
  std::atomic<std::uint32_t> held;  // 0: nobody
  std::atomic<std::uint32_t> run;
  std::atomic<pid_t> pid;
  std::atomic<pid_t> tid;
  std::atomic<std::uint64_t> pid_space;  // the space of these two ids
  std::atomic<Nanos> since_ns;

  Nanos HeldFor(Nanos now) const { return std::max<Nanos>(now - since_ns, 0); }
};

class Board {
 public:
  // Opens or creates the file, for `slots` slots. Errors: what the system says about the file,
  // space for it, its mapping, or a lock on it.
  static absl::StatusOr<std::shared_ptr<Board>> Open(const std::string& path, int slots);
  ~Board();
  Board(const Board&) = delete;
  Board& operator=(const Board&) = delete;

  // The number of the run on this board. A new run replaces the one that was not seen for longest.
  // `name` is shown to others.
  std::uint32_t Enter(std::uint64_t id, absl::string_view name, int slots);
  Run& run(std::uint32_t number) { return layout_->runs[number]; }
  // "run NAME", or "another process" if it is not known; to be shown to people.
  std::string NameOf(std::uint32_t number) const;

  Holding& holding(int slot, int layer) { return holdings_[slot * kLayers + layer]; }

  // A futex that is changed and woken whenever a slot is given back.
  std::atomic<std::uint32_t>& bell() { return layout_->bell; }

 private:
  static constexpr std::size_t kNameBytes = 256;
  struct Layout {
    std::atomic<std::uint32_t> bell;
    Run runs[kRuns];
    std::atomic<char> names[kRuns][kNameBytes];
  };  // followed by a Holding for each slot and layer

  Board(Layout* layout, std::size_t bytes)
      : layout_(layout), holdings_(reinterpret_cast<Holding*>(layout + 1)), bytes_(bytes) {}
  std::uint32_t Find(std::uint64_t id) const;
  std::uint32_t LeastLatelySeen() const;

  Layout* const layout_;
  Holding* const holdings_;
  const std::size_t bytes_;
};

}  // namespace fedround::slots
