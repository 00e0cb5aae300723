#include "experiments/bench/contest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "common/base/rng.h"

namespace fedround::bench {
namespace {

using ::testing::ElementsAre;

// A machine whose clock only steps move, at a pace that drifts and has hiccups.
class NoisyMachine {
 public:
  // A step takes `cost_ns` on average.
  Variant MakeVariant(std::string name, double cost_ns) {
    return {name,
            [this, name, cost_ns](std::size_t steps) {
              now_ns_ += cost_ns * static_cast<double>(steps) * Pace();
              order_.push_back(name);
              steps_.push_back(steps);
            },
            nullptr};
  }

  ContestOptions Options() {
    return {.slice_ns = kNanosPerMilli, .budget_ns = kNanosPerSecond, .clock = [this] {
              return static_cast<Nanos>(now_ns_);
            }};
  }

  const std::vector<std::string>& order() const { return order_; }
  const std::vector<std::size_t>& steps() const { return steps_; }

 private:
  double Pace() {
    const double drift = 1 + now_ns_ / 2e9;             // half as slow again after a second
    const double hiccup = rng_.Below(20) == 0 ? 3 : 1;  // someone else's turn
    return drift * hiccup * (1 + 0.02 * rng_.NextNormal());
  }

  double now_ns_ = 0;
  Rng rng_{7, RngPurpose::kSyntheticData};
  std::vector<std::string> order_;
  std::vector<std::size_t> steps_;
};

TEST(Contest, OfAVariantWithItselfCoversOne) {
  NoisyMachine machine;
  const ContestTimes times = RunContest(
      {machine.MakeVariant("a", 1000), machine.MakeVariant("a again", 1000)}, machine.Options());
  const Estimate ratio = times.Ratio(0, 1);
  EXPECT_FALSE(ratio.Excludes(1));
  EXPECT_LT(ratio.high - ratio.low, 0.02);
  EXPECT_FALSE(times.Beyond(0, 1, 1).Excludes(0));
}

TEST(Contest, OfADoubledCostCoversTwo) {
  NoisyMachine machine;
  const ContestTimes times = RunContest(
      {machine.MakeVariant("once", 1000), machine.MakeVariant("twice", 2000)}, machine.Options());
  const Estimate ratio = times.Ratio(1, 0);
  EXPECT_FALSE(ratio.Excludes(2));
  EXPECT_LT(ratio.high - ratio.low, 0.04);
  EXPECT_FALSE(times.Beyond(1, 0, 1).Excludes(0.5));
}

TEST(Contest, TellsTwoPercentFromNothing) {
  NoisyMachine machine;
  const ContestTimes times = RunContest(
      {machine.MakeVariant("plain", 1000), machine.MakeVariant("dearer", 1020)}, machine.Options());
  EXPECT_TRUE(times.Beyond(1, 0, 1).Excludes(0));
}

// In a fixed or rotated order each variant always meets the caches of the same other.
TEST(Contest, LetsEveryVariantFollowEveryOther) {
  NoisyMachine machine;
  ContestOptions options = machine.Options();
  options.budget_ns = 0;
  options.min_turns = 40;
  RunContest(
      {machine.MakeVariant("a", 1e6), machine.MakeVariant("b", 1e6), machine.MakeVariant("c", 1e6)},
      options);
  // Of each slice the steps that warm up and those that count; the first three found its length.
  std::map<std::string, int> pairs;
  for (std::size_t i = 6; i + 2 < machine.order().size(); i += 2) {
    ++pairs[machine.order()[i] + machine.order()[i + 2]];
  }
  for (const char* const pair : {"ab", "ac", "ba", "bc", "ca", "cb"}) EXPECT_GE(pairs[pair], 10);
}

TEST(Contest, GivesEveryVariantASliceATurn) {
  NoisyMachine machine;
  ContestOptions options = machine.Options();
  options.budget_ns = 0;
  options.min_turns = 4;
  const ContestTimes times =
      RunContest({machine.MakeVariant("a", 1e6), machine.MakeVariant("b", 1e6)}, options);
  EXPECT_EQ(times.turns(), 4);
  for (std::size_t turn = 0; turn < 4; ++turn) {
    std::set<std::string> seen;
    for (std::size_t i = 0; i < 4; ++i) seen.insert(machine.order()[4 + 4 * turn + i]);
    EXPECT_THAT(seen, ElementsAre("a", "b"));
  }
}

TEST(Contest, FillsASliceWithSteps) {
  NoisyMachine machine;
  RunContest({machine.MakeVariant("a", 1000)}, machine.Options());
  EXPECT_GT(machine.steps().back(), 200);  // 1 ms of 1 us at the pace of the moment it was found
  EXPECT_LT(machine.steps().back(), 1500);
}

TEST(Contest, PreparesEverySliceOutsideItsTime) {
  Nanos now = 0;
  int prepared = 0;
  const Variant variant{"a", [&](std::size_t steps) { now += 1000 * static_cast<Nanos>(steps); },
                        [&] {
                          now += kNanosPerSecond;
                          ++prepared;
                        }};
  const ContestTimes times =
      RunContest({variant}, {.budget_ns = 0, .min_turns = 5, .clock = [&] { return now; }});
  EXPECT_EQ(times.Time(0).median, 1000);
  EXPECT_GE(prepared, 5);
}

TEST(Contest, EndsWhereStepsTakeNoTime) {
  const Variant variant{"a", [](std::size_t) {}, nullptr};
  const ContestTimes times =
      RunContest({variant}, {.budget_ns = 0, .min_turns = 3, .clock = [] { return Nanos{0}; }});
  EXPECT_EQ(times.turns(), 3);
}

}  // namespace
}  // namespace fedround::bench
