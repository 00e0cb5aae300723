#include "common/base/slots/turns.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

namespace fedround::slots {
namespace {

// A run that leaves a slot free for this long does not want it, whatever the board says; perhaps it
// cannot see, for instance, that the slot is being lent.
constexpr Nanos kCourtesy = kNanosPerSecond;

}  // namespace

Turns::Turns(Board& board, std::uint32_t run, int count, std::uint64_t pid_space, Nanos now)
    : board_(board),
      run_(run),
      count_(count),
      pid_space_(pid_space),
      fresh_(!board.run(run).Asks(now)),
      watch_(now),
      had_its_turn_(now) {}

void Turns::Look(Nanos now) {
  const std::vector<Place> free = CountHoldings(now);
  if (std::exchange(fresh_, false)) StartLevel(now);
  ours_.clear();
  for (const Place& place : free) {
    if (IsOurs(place.slot, now)) ours_.push_back(place);
  }
  if (free.empty() || !ours_.empty()) had_its_turn_ = now;
  if (now - had_its_turn_ >= kCourtesy) ours_ = free;
  board_.run(run_).seen_ns = now;
}

// Returns the free places.
std::vector<Place> Turns::CountHoldings(Nanos now) {
  std::vector<Place> free;
  holder_pid_ = 0;
  for (std::uint32_t r = 0; r < kRuns; ++r) shares_[r] = {0, board_.run(r).used_ns};
  for (int slot = 0; slot < count_; ++slot) {
    int layer = 0;
    while (layer < kLayers && IsStalled(board_.holding(slot, layer), now)) ++layer;
    if (layer == kLayers || board_.holding(slot, layer).held == 0) {
      free.push_back({slot, layer});
    } else {
      Count(board_.holding(slot, layer), now);
    }
  }
  return free;
}

bool Turns::IsStalled(const Holding& holding, Nanos now) {
  return holding.held != 0 && holding.pid_space == pid_space_ &&
         watch_.Stalled(holding.pid, holding.tid, now);
}

void Turns::Count(const Holding& holding, Nanos now) {
  const std::uint32_t run = holding.run;
  if (run < kRuns) {
    ++shares_[run].held;
    shares_[run].used += holding.HeldFor(now);
  }
  if (run == run_ || holder_pid_ != 0) return;
  holder_run_ = run;
  holder_pid_ = holding.pid;
}

// What others used while a run wanted nothing counts neither for nor against it.
void Turns::StartLevel(Nanos now) {
  if (shares_[run_].held > 0) return;
  std::optional<Nanos> least;
  for (std::uint32_t r = 0; r < kRuns; ++r) {
    if (r == run_ || (shares_[r].held == 0 && !board_.run(r).Asks(now))) continue;
    least = std::min(least.value_or(shares_[r].used), shares_[r].used);
  }
  if (!least.has_value()) return;
  board_.run(run_).used_ns = *least;
  shares_[run_].used = *least;
}

bool Turns::IsOurs(int slot, Nanos now) const {
  const auto rank = [this](std::uint32_t r) {
    return std::tuple(shares_[r].held, shares_[r].used, r);
  };
  for (std::uint32_t r = 0; r < kRuns; ++r) {
    const Run& other = board_.run(r);
    const bool wants = other.Asks(now) && static_cast<std::uint32_t>(slot) < other.slots;
    if (r != run_ && wants && rank(r) < rank(run_)) return false;
  }
  return true;
}

}  // namespace fedround::slots
