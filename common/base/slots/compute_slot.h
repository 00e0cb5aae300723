// A compute slot: the right to keep a core busy.
//
// Whoever trains or evaluates takes a slot first. So its time is that of a device with a core to
// itself, and ten processes on two cores do not evict each other's caches. Slots are locks on
// numbered files that all runs of a user on one machine share; the kernel releases them when a
// process dies, however it dies.
//
// Runs take turns between tasks: a free slot goes to the run that holds the fewest; if several hold
// equally few, to the one that has used slots for the least time while both wanted some. A run that
// gave one back a moment ago counts as wanting it again; otherwise a run with long tasks would get
// all slots whenever one with short tasks goes from a round to the next. Within a run it is roughly
// first come, first served. Only one process of each run looks for a slot, however many wait
// (slots/queue.h); it is woken when one is given back. The slot of a process that is stopped, or
// does nothing for a second, is lent to another meanwhile.
//
// Slots are a courtesy: without a folder or locks for them, work goes on without slots.
#pragma once

#include <atomic>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/io/file.h"

namespace fedround {

struct SlotOptions {
  int count = 0;            // how many there are; 0: as many as this process has cores
  bool pin = false;         // bind the holder's thread to core i for slot i
  bool of_the_run = false;  // slots that no other run shares
  bool log_waits = false;   // log the first long wait for another run
  std::string run_id{};     // the run that takes them
  std::string folder{};     // of the run, shown to those who wait for it; empty: they see its id
};

// The time that a run has lost to others.
struct SlotShortage {
  Nanos waited = 0;     // how long it has waited so far while others held slots
  std::string held_by;  // the last one it waited for: "run FOLDER (pid 123)"; empty: none
};

class ComputeSlots {
 public:
  // Slots in the folder of this user on this machine: $XDG_RUNTIME_DIR/fedround-slots, or one in
  // /tmp or /dev/shm.
  static ComputeSlots Open(const SlotOptions& options);
  // The first of `folders` that can be used.
  static ComputeSlots OpenIn(std::span<const std::string> folders, const SlotOptions& options);

  int count() const;
  // What was wrong with the preferred folders, and the consequence; empty: nothing.
  const std::string& warning() const;
  SlotShortage shortage() const;

  // Held until destroyed.
  class Slot;
  // Waits until a slot is free. Errors: DEADLINE_EXCEEDED if `deadline` (monotonic) comes first;
  // CANCELLED once `stop` is true.
  absl::StatusOr<Slot> Take(const std::atomic<bool>& stop,
                            Nanos deadline = std::numeric_limits<Nanos>::max()) const;

 private:
  struct State;
  class Search;
  explicit ComputeSlots(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

class ComputeSlots::Slot {
 public:
  Slot(Slot&&) noexcept = default;
  Slot& operator=(Slot&&) = delete;
  ~Slot();

 private:
  friend class ComputeSlots;
  Slot() = default;  // permission to compute without a slot
  Slot(std::shared_ptr<State> state, FileLock lock, std::uint32_t run, int number, int layer);

  std::shared_ptr<State> state_;  // null: moved from, or there is no slot
  std::optional<FileLock> lock_;
  std::uint32_t run_ = 0;
  int number_ = 0;
  int layer_ = 0;
};

}  // namespace fedround
