// Which of several variants takes less time, on a machine that is shared with others.
//
// The variants take turns in slices of half a millisecond, in an order that is shuffled in every
// turn: whatever slows the machine slows all of them alike, and what a slice leaves in the caches
// does not always affect the same other variant. (In a rotated order it did: a variant and itself
// differed by 0.1 to 1.2 % of a step in six runs, always in the same direction.)
//
// Compared is the processor time of one step, within each turn; over the turns, the median and its
// interval (estimate.h). A variant that takes part twice under two names shows what the method
// itself adds: the ratio of the two should be 1.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "experiments/bench/estimate.h"

namespace fedround::bench {

struct Variant {
  std::string name;
  std::function<void(std::size_t steps)> run;
  // Called before every slice and not timed; may be empty. A place to load what the slice works on:
  // variants that share memory cannot differ by where theirs happens to lie.
  std::function<void()> prepare;
};

struct ContestOptions {
  Nanos slice_ns = kNanosPerMilli / 2;
  Nanos budget_ns = kNanosPerSecond;  // by `clock`; turns start until it is used up
  std::size_t min_turns = 15;         // even if that takes longer
  std::function<Nanos()> clock = ThreadCpuNow;
  std::function<void(double share)> progress;  // after each turn, 0 .. 1; may be empty
};

// Nanoseconds per step of each variant in each turn. Variants are named by their index.
class ContestTimes {
 public:
  explicit ContestTimes(std::size_t variants) : times_(variants) {}

  void Add(std::size_t variant, double ns_per_step) { times_[variant].push_back(ns_per_step); }

  std::size_t turns() const { return times_.front().size(); }
  double At(std::size_t variant, std::size_t turn) const { return times_[variant][turn]; }

  // The median over the turns of `value(turn)`, which compares times of the same moment.
  Estimate Over(const std::function<double(std::size_t turn)>& value) const;

  // A step's nanoseconds.
  Estimate Time(std::size_t variant) const;
  // a / b.
  Estimate Ratio(std::size_t a, std::size_t b) const;
  // What `a` takes beyond `b`, as a share of `whole`: (a - b) / whole.
  Estimate Beyond(std::size_t a, std::size_t b, std::size_t whole) const;

 private:
  std::vector<std::vector<double>> times_;  // [variant][turn]
};

// Runs `variants` (at least one) on the calling thread. First finds how many steps make a slice;
// every slice is preceded by a few steps that are not timed, which undo what the previous slice did
// to the caches.
ContestTimes RunContest(const std::vector<Variant>& variants, const ContestOptions& options);

}  // namespace fedround::bench
