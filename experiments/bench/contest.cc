#include "experiments/bench/contest.h"

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "common/base/check.h"
#include "common/base/rng.h"

namespace fedround::bench {
namespace {

constexpr std::uint64_t kSeed = 1;
// Ends the search for a slice's length if steps take no measurable time.
constexpr std::size_t kMostSteps = std::size_t{1} << 30;

// Time of `steps` steps, after a few that warm up.
double TimeSlice(const Variant& variant, std::size_t steps, const std::function<Nanos()>& clock) {
  if (variant.prepare) variant.prepare();
  variant.run(1 + steps / 16);
  const Nanos start = clock();
  variant.run(steps);
  return static_cast<double>(clock() - start);
}

// Steps that fill a slice.
std::size_t FindSteps(const Variant& variant, const ContestOptions& options) {
  const auto slice = static_cast<double>(options.slice_ns);
  std::size_t steps = 1;
  while (steps < kMostSteps) {
    const double time = TimeSlice(variant, steps, options.clock);
    // A short slice predicts a long one poorly: lengthen it gradually.
    if (time >= slice / 8) {
      const double fitting = static_cast<double>(steps) * slice / time;
      return std::max<std::size_t>(1, static_cast<std::size_t>(fitting));
    }
    steps *= 4;
  }
  return steps;
}

// The variants in the order of `turn`.
std::vector<std::uint32_t> Order(std::size_t turn, std::size_t variants) {
  std::vector<std::uint32_t> order(variants);
  std::iota(order.begin(), order.end(), 0U);
  Rng rng(kSeed, RngPurpose::kArrivalOrder, static_cast<std::uint32_t>(turn));
  Shuffle(order, rng);
  return order;
}

}  // namespace

Estimate ContestTimes::Over(const std::function<double(std::size_t turn)>& value) const {
  std::vector<double> values;
  for (std::size_t turn = 0; turn < turns(); ++turn) values.push_back(value(turn));
  return EstimateMedian(std::move(values));
}

Estimate ContestTimes::Time(std::size_t variant) const { return EstimateMedian(times_[variant]); }

Estimate ContestTimes::Ratio(std::size_t a, std::size_t b) const {
  return Over([&](std::size_t turn) { return At(a, turn) / At(b, turn); });
}

Estimate ContestTimes::Beyond(std::size_t a, std::size_t b, std::size_t whole) const {
  return Over([&](std::size_t turn) { return (At(a, turn) - At(b, turn)) / At(whole, turn); });
}

ContestTimes RunContest(const std::vector<Variant>& variants, const ContestOptions& options) {
  CHECK(!variants.empty());
  std::vector<std::size_t> steps;
  for (const Variant& variant : variants) steps.push_back(FindSteps(variant, options));
  ContestTimes times(variants.size());
  const Nanos start = options.clock();
  for (std::size_t turn = 0;; ++turn) {
    const Nanos elapsed = options.clock() - start;
    if (turn >= options.min_turns && elapsed >= options.budget_ns) return times;
    if (options.progress) {
      const auto budget = static_cast<double>(std::max<Nanos>(1, options.budget_ns));
      options.progress(std::min(static_cast<double>(elapsed) / budget, 1.0));
    }
    for (const std::uint32_t i : Order(turn, variants.size())) {
      times.Add(i, TimeSlice(variants[i], steps[i], options.clock) / static_cast<double>(steps[i]));
    }
  }
}

}  // namespace fedround::bench
