// The board of compute slots: a page of memory that all processes of a user on one machine share.
//
// A file's lock says who holds a slot, and the kernel releases it when its holder dies. The board
// says what a lock cannot: who they are, what each run has had so far, who waits. It is only
// believed as far as a lie does no harm: whatever stands in it, nobody takes a slot without its
// lock, and an entry whose process was killed or stopped goes out of date (`kAsking`,
// `kHeadLease`). All of it is atomic, and nobody ever waits for the board itself.
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
// Of a slot: itself and those that are opened while its holders are stopped, one for each.
inline constexpr int kLayers = 4;

// A run that asked, took or gave back within so long has its turn: longer than a quick run needs
// from one round to the next, shorter than what it costs the others to wait for in vain.
inline constexpr Nanos kAsking = 100 * kNanosPerMilli;

// All times are monotonic.
struct alignas(64) Run {
  std::atomic<std::uint64_t> id;     // 0: nobody's
  std::atomic<Nanos> seen_ns;        // when it last asked for, took or gave back a slot
  std::atomic<Nanos> used_ns;        // slot time, of slots that were given back
  std::atomic<std::uint32_t> slots;  // it takes those below this number; 0: only slots of its own
  // Of the process that waits for a slot on behalf of all of the run; see queue.h.
  std::atomic<std::uint32_t> head;
  std::atomic<Nanos> head_seen_ns;
  // How long its heads have waited while others had slots, and for whom last.
  std::atomic<Nanos> short_ns;
  std::atomic<std::uint32_t> holder_run;
  std::atomic<pid_t> holder_pid;

  // Others may have written a little after the caller's `now`; another boot, long after.
  bool Asks(Nanos now) const { return std::abs(now - seen_ns) < kAsking; }
};

// Who holds a slot.
struct Holding {
  std::atomic<std::uint32_t> held;  // 0: nobody
  std::atomic<std::uint32_t> run;
  std::atomic<pid_t> pid;
  std::atomic<pid_t> tid;
  std::atomic<std::uint64_t> pid_space;  // in which those two are meant
  std::atomic<Nanos> since_ns;

  Nanos HeldFor(Nanos now) const { return std::max<Nanos>(now - since_ns, 0); }
};

class Board {
 public:
  // Opens or creates the file, for `slots` slots. Errors: what the system says of the file, of room
  // for it, of its mapping, or of a lock on it.
  static absl::StatusOr<std::shared_ptr<Board>> Open(const std::string& path, int slots);
  ~Board();
  Board(const Board&) = delete;
  Board& operator=(const Board&) = delete;

  // The number of the run on this board. A new one takes the place of the one that was seen least
  // lately. `name`: what others are told.
  std::uint32_t Enter(std::uint64_t id, absl::string_view name, int slots);
  Run& run(std::uint32_t number) { return layout_->runs[number]; }
  // "run NAME", or "another process" where it is not known. For the screen.
  std::string NameOf(std::uint32_t number) const;

  Holding& holding(int slot, int layer) { return holdings_[slot * kLayers + layer]; }

  // Changes and wakes whenever a slot is given back.
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
