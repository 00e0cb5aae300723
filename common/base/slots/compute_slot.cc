// Two records of one fact, and how they are kept from fighting.
//
// A slot must come free when its holder dies, however it dies: only the kernel can see to that, so
// holding a slot is holding the `flock` of a file (slot-N). But a lock says neither who holds it
// nor who has waited longest, and asking for it again and again costs time. So there is a board
// beside the locks, a small file that every process maps (board.h): who holds what since when, what
// each run has used, and a bell (a futex) that is rung when a slot is given back.
//
//   take   1. become the head of the run's own queue (queue.h): one searcher per run
//          2. read the bell, then the board: is it this run's turn for some slot (turns.h)?
//          3. if so, try that slot's lock; with it, write the board: ours
//          4. otherwise sleep until the bell changes, at most kLookAnyway, and go to 2
//   give   clear the board, release the lock, ring the bell
//
// The order matters. The bell is read before the board, so that a slot given back in between wakes
// the sleeper at once. And the board decides who is next before any lock is tried: trying first
// would keep the lock, if only for microseconds, from the one whose turn it is, who would then
// sleep until the next look.
//
// The board may be wrong (its writer was killed); the locks never are. So the locks behind entries
// of the board are tried every kLookForDead, and an entry whose lock can be had is cleared. Bound:
// somebody looks at a free slot within kLookAnyway, at that of a killed holder within kLookForDead;
// a run that does not take a slot when it has its turn loses that turn after a second (turns.cc).
#include "common/base/slots/compute_slot.h"

#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/base/log.h"
#include "common/base/measure/resource_usage.h"
#include "common/base/slots/board.h"
#include "common/base/slots/futex.h"
#include "common/base/slots/queue.h"
#include "common/base/slots/turns.h"
#include "common/base/status_macros.h"

namespace fedround {
namespace {

using slots::Board;
using slots::Holding;
using slots::kLayers;
using slots::kNoRun;

// The bell is not rung when a turn ends by itself or a holder is stopped: look at least this often.
constexpr Nanos kLookAnyway = 20 * kNanosPerMilli;
// Nor when a holder is killed: its lock is tried this often.
constexpr Nanos kLookForDead = 100 * kNanosPerMilli;
constexpr Nanos kLongWait = 2 * kNanosPerSecond;

void PinToCore(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(core), &set);
  sched_setaffinity(0, sizeof(set), &set);  // best effort: a missing core only costs the pinning
}

// Process ids are valid within one space (a container, for instance). 0: not known.
std::uint64_t PidSpace() {
  struct stat info {};
  return stat("/proc/self/ns/pid", &info) == 0 ? info.st_ino : 0;
}

pid_t ThreadId() { return static_cast<pid_t>(syscall(SYS_gettid)); }

// DEADLINE_EXCEEDED or CANCELLED if it is time to give up.
absl::Status CheckPatience(const std::atomic<bool>& stop, Nanos deadline) {
  if (stop) return absl::CancelledError("stopped while waiting for a compute slot");
  if (MonotonicNow() >= deadline) return absl::DeadlineExceededError("no compute slot in time");
  return absl::OkStatus();
}

// Our folder must not lie in one whose owner could exchange it under us.
absl::Status CheckParent(const std::string& folder) {
  const std::string parent = folder.substr(0, folder.rfind('/'));
  struct stat info {};
  if (stat(parent.c_str(), &info) != 0) return ErrnoStatus(errno, parent);
  if (info.st_uid == geteuid() || info.st_uid == 0 || (info.st_mode & S_ISVTX) != 0) {
    return absl::OkStatus();
  }
  return absl::PermissionDeniedError(
      absl::StrCat(parent, ": belongs to user ", info.st_uid, ", and this is user ", geteuid()));
}

absl::StatusOr<std::shared_ptr<Board>> OpenBoard(const std::string& folder, int count) {
  RETURN_IF_ERROR(CheckParent(folder));
  RETURN_IF_ERROR(MakePrivateFolder(folder));
  return Board::Open(folder + "/board", count);
}

std::uint64_t RunIdOf(const SlotOptions& options) {
  return Xxh3(std::as_bytes(std::span(options.run_id))) | 1;
}

const std::string& NameOf(const SlotOptions& options) {
  return options.folder.empty() ? options.run_id : options.folder;
}

struct OpenFolder {
  std::string path;
  std::shared_ptr<Board> board;
};

// A run's own slots are in a folder named after its number on the common board, so there are never
// more such folders than the board has room for runs.
absl::StatusOr<OpenFolder> OpenSlots(const std::string& folder, int count,
                                     const SlotOptions& options) {
  OpenFolder open{folder, nullptr};
  ASSIGN_OR_RETURN(open.board, OpenBoard(open.path, count));
  if (!options.of_the_run) return open;
  absl::StrAppend(&open.path, "/run-", open.board->Enter(RunIdOf(options), NameOf(options), 0));
  ASSIGN_OR_RETURN(open.board, OpenBoard(open.path, count));
  return open;
}

std::vector<std::string> FoldersOfThisUser() {
  std::vector<std::string> folders;
  const char* const runtime = std::getenv("XDG_RUNTIME_DIR");
  if (runtime != nullptr && runtime[0] == '/') {
    folders.push_back(absl::StrCat(runtime, "/fedround-slots"));
  }
  for (const absl::string_view parent : {"/tmp", "/dev/shm"}) {
    folders.push_back(absl::StrCat(parent, "/fedround-slots-", geteuid()));
  }
  return folders;
}

}  // namespace

struct ComputeSlots::State {
  int count = 0;
  bool pin = false;
  bool log_waits = false;
  std::uint64_t run_id = 0;
  std::string name;  // of the run, for others
  std::string folder;
  std::string warning;
  std::uint64_t pid_space = 0;
  std::shared_ptr<Board> board;  // null: there are no slots
  std::atomic<std::uint32_t> run{kNoRun};
  std::atomic<bool> told_of_wait{false};
  std::atomic<bool> told_of_error{false};

  // This run's number on the board; a new one if the old one was given to another run.
  std::uint32_t Enter() {
    std::uint32_t number = run;
    if (number == kNoRun || board->run(number).id != run_id) {
      number = board->Enter(run_id, name, count);
      run = number;
    }
    return number;
  }

  absl::StatusOr<FileLock> TryLock(int slot, int layer) const {
    const std::string path =
        absl::StrCat(folder, "/slot-", slot, layer > 0 ? absl::StrCat("-", layer) : "");
    absl::StatusOr<FileLock> lock = FileLock::TryAcquire(path);
    if (!absl::IsNotFound(lock.status())) return lock;
    RETURN_IF_ERROR(MakePrivateFolder(folder));  // somebody removed it
    return FileLock::TryAcquire(path);
  }

  // "run FOLDER (pid 123)".
  std::string HolderText(std::uint32_t number, pid_t pid) const {
    return absl::StrCat(board->NameOf(number), " (pid ", pid, ")");
  }
};

// ---- opening ----

ComputeSlots ComputeSlots::Open(const SlotOptions& options) {
  return OpenIn(FoldersOfThisUser(), options);
}

ComputeSlots ComputeSlots::OpenIn(std::span<const std::string> folders,
                                  const SlotOptions& options) {
  auto state = std::make_shared<State>();
  state->count = options.count > 0 ? options.count : UsableCores();
  state->pin = options.pin;
  state->log_waits = options.log_waits;
  state->run_id = RunIdOf(options);
  state->name = NameOf(options);
  state->pid_space = PidSpace();
  std::string wrong;
  for (const std::string& folder : folders) {
    absl::StatusOr<OpenFolder> open = OpenSlots(folder, state->count, options);
    if (open.ok()) {
      state->board = std::move(open->board);
      state->folder = std::move(open->path);
      state->Enter();
      break;
    }
    absl::StrAppend(&wrong, wrong.empty() ? "" : "; ", open.status().message());
  }
  if (!wrong.empty()) {
    state->warning =
        absl::StrCat("compute slots: ", wrong,
                     state->board != nullptr ? absl::StrCat("; uses ", state->folder)
                                             : "; continues without slots, so clients that compute "
                                               "at the same time slow each other down");
  }
  return ComputeSlots(std::move(state));
}

int ComputeSlots::count() const { return state_->count; }
const std::string& ComputeSlots::warning() const { return state_->warning; }

SlotShortage ComputeSlots::shortage() const {
  if (state_->board == nullptr) return {};
  const slots::Run& run = state_->board->run(state_->Enter());
  const Nanos waited = run.short_ns;
  if (waited <= 0) return {};
  return {waited, state_->HolderText(run.holder_run, run.holder_pid)};
}

// ---- taking ----

// One Take by the head of a run's queue.
class ComputeSlots::Search {
 public:
  Search(std::shared_ptr<State> state, std::uint32_t run, Nanos now)
      : state_(std::move(state)),
        us_(state_->board->run(run)),
        run_(run),
        last_look_(now),
        looked_for_dead_(now),
        turns_(*state_->board, run, state_->count, state_->pid_space, now) {}

  // A slot, if there is one and it is this run's turn. Errors: the file system's.
  absl::StatusOr<std::optional<Slot>> Look() {
    const Nanos now = MonotonicNow();
    us_.head_seen_ns = now;
    BookWait(now);
    RETURN_IF_ERROR(ClearDead(now));
    turns_.Look(now);
    for (const slots::Place& place : turns_.ours()) {
      if (place.layer == kLayers) return Slot();
      absl::StatusOr<FileLock> lock = state_->TryLock(place.slot, place.layer);
      if (lock.ok()) return Slot(state_, *std::move(lock), run_, place.slot, place.layer);
      if (!absl::IsFailedPrecondition(lock.status())) return lock.status();
    }
    return std::nullopt;
  }

 private:
  // Books the time since the previous look, if others held slots.
  void BookWait(Nanos now) {
    const Nanos passed = now - std::exchange(last_look_, now);
    if (turns_.holder_pid() == 0) return;
    us_.holder_run = turns_.holder_run();
    us_.holder_pid = turns_.holder_pid();
    us_.short_ns += passed;
    waited_ += passed;
    if (waited_ < kLongWait || !state_->log_waits || state_->told_of_wait.exchange(true)) return;
    LogInfo(absl::StrCat("waits for a compute slot held by ",
                         state_->HolderText(turns_.holder_run(), turns_.holder_pid())));
  }

  // A holder whose lock can be taken is dead.
  absl::Status ClearDead(Nanos now) {
    if (now - looked_for_dead_ < kLookForDead) return absl::OkStatus();
    looked_for_dead_ = now;
    for (int slot = 0; slot < state_->count; ++slot) {
      for (int layer = 0; layer < kLayers; ++layer) {
        Holding& holding = state_->board->holding(slot, layer);
        if (holding.held == 0) continue;
        const absl::StatusOr<FileLock> lock = state_->TryLock(slot, layer);
        if (lock.ok()) holding.held = 0;
        if (!lock.ok() && !absl::IsFailedPrecondition(lock.status())) return lock.status();
      }
    }
    return absl::OkStatus();
  }

  const std::shared_ptr<State> state_;
  slots::Run& us_;
  const std::uint32_t run_;
  Nanos last_look_;
  Nanos looked_for_dead_;
  Nanos waited_ = 0;
  slots::Turns turns_;
};

absl::StatusOr<ComputeSlots::Slot> ComputeSlots::Take(const std::atomic<bool>& stop,
                                                      Nanos deadline) const {
  if (state_->board == nullptr) return Slot();
  Board& board = *state_->board;
  const auto give_up = [&] { return CheckPatience(stop, deadline); };
  const std::uint32_t run = state_->Enter();
  ASSIGN_OR_RETURN(const slots::QueueHead head, slots::QueueHead::Become(board.run(run), give_up));
  Search search(state_, run, MonotonicNow());
  while (true) {
    const std::uint32_t rung = board.bell();
    absl::StatusOr<std::optional<Slot>> slot = search.Look();
    if (!slot.ok()) {
      if (!state_->told_of_error.exchange(true)) {
        LogError(
            absl::StrCat("compute slots: ", slot.status().message(), "; continues without slots"));
      }
      return Slot();
    }
    if (slot->has_value()) return **std::move(slot);
    RETURN_IF_ERROR(give_up());
    slots::FutexWait(board.bell(), rung, kLookAnyway);
  }
}

ComputeSlots::Slot::Slot(std::shared_ptr<State> state, FileLock lock, std::uint32_t run, int number,
                         int layer)
    : state_(std::move(state)), lock_(std::move(lock)), run_(run), number_(number), layer_(layer) {
  Holding& holding = state_->board->holding(number_, layer_);
  holding.run = run_;
  holding.pid = getpid();
  holding.tid = ThreadId();
  holding.pid_space = state_->pid_space;
  holding.since_ns = MonotonicNow();
  holding.held = 1;
  if (state_->pin) PinToCore(number_);
}

ComputeSlots::Slot::~Slot() {
  if (state_ == nullptr) return;
  Board& board = *state_->board;
  Holding& holding = board.holding(number_, layer_);
  slots::Run& run = board.run(run_);
  const Nanos now = MonotonicNow();
  run.used_ns += holding.HeldFor(now);
  run.seen_ns = now;
  holding.held = 0;
  lock_.reset();
  ++board.bell();
  slots::FutexWake(board.bell(), INT_MAX);
}

}  // namespace fedround
