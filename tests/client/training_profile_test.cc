#include "client/training_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <numeric>
#include <set>
#include <vector>

#include "common/base/rng.h"

namespace fedround::client {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::Not;

using Ticks = std::array<std::uint64_t, kStepPhases>;
using Parts = std::array<Nanos, kStepPhases>;

Parts Divided(Nanos total, const Ticks& ticks) {
  Parts parts{};
  Divide(total, ticks, parts);
  return parts;
}

Nanos Sum(std::span<const Nanos> parts) {
  return std::accumulate(parts.begin(), parts.end(), Nanos{0});
}

TEST(Divide, IsInProportion) {
  EXPECT_THAT(Divided(1000, {1, 2, 3, 4, 0, 5, 5}), ElementsAre(50, 100, 150, 200, 0, 250, 250));
}

TEST(Divide, LosesNoNanosecond) {
  Rng rng(1, RngPurpose::kSyntheticData);
  for (int i = 0; i < 1000; ++i) {
    Ticks ticks;
    for (std::uint64_t& count : ticks) count = rng.Below(1000);
    const auto total = static_cast<Nanos>(rng.Below(100'000));
    ASSERT_EQ(Sum(Divided(total, ticks)), total);
  }
}

TEST(Divide, GivesNothingToPhasesWithoutTicks) {
  EXPECT_THAT(Divided(7, {0, 3, 0, 3, 0, 3, 0}), ElementsAre(0, 2, 0, 2, 0, 3, 0));
}

TEST(Divide, CountsTimeWithoutTicksAsLoad) {
  EXPECT_THAT(Divided(7, {}), ElementsAre(7, 0, 0, 0, 0, 0, 0));
}

TEST(Divide, DoesNotOverflow) {
  Ticks ticks;
  ticks.fill(std::numeric_limits<std::uint64_t>::max() / kStepPhases);
  constexpr Nanos kTotal = std::numeric_limits<Nanos>::max();
  EXPECT_EQ(Sum(Divided(kTotal, ticks)), kTotal);
}

// Runs `epochs` epochs of `steps` empty steps each; the time is made up. Returns which steps of the
// task were sampled.
std::vector<std::uint64_t> RunEpochs(TrainingClock& clock, std::uint64_t epochs,
                                     std::uint64_t steps) {
  std::vector<std::uint64_t> sampled;
  for (std::uint64_t epoch = 0; epoch < epochs; ++epoch) {
    const auto start = static_cast<Nanos>(1000 * (epoch + 1));
    clock.BeginSteps(start);
    for (std::uint64_t i = 0; i < steps; ++i) {
      nn::StepProfile* const sample = clock.BeginStep();
      if (sample != nullptr) sampled.push_back(epoch * steps + i);
      nn::EndPhase(sample, StepPhase::kWeightUpdate);
    }
    clock.EndSteps(start + 700);
  }
  return sampled;
}

TEST(TrainingClock, PhasesAddUpToTheWholeTask) {
  TrainingClock clock(true, 60, 400);
  RunEpochs(clock, 3, 20);
  const TrainingProfile profile = std::move(clock).Finish(4321);
  EXPECT_EQ(Sum(profile.step_ns), 4321 - 400);
}

TEST(TrainingClock, CountsWhatIsOutsideOfStepsAsLoad) {
  TrainingClock clock(true, 60, 400);
  RunEpochs(clock, 3, 20);
  const TrainingProfile profile = std::move(clock).Finish(4321);
  EXPECT_THAT(profile.step_ns, ElementsAre(4321 - 400 - 3 * 700, 0, 0, 0, 0, 0, 3 * 700));
}

TEST(TrainingClock, SamplesAllOfFewSteps) {
  TrainingClock clock(true, kFewSteps - 1, 0);
  EXPECT_EQ(RunEpochs(clock, 1, kFewSteps - 1).size(), kFewSteps - 1);
  EXPECT_EQ(std::move(clock).Finish(5000).sampled_steps, kFewSteps - 1);
}

TEST(TrainingClock, SamplesOneOfEachRunOfManySteps) {
  constexpr std::uint64_t kRuns = 50;
  TrainingClock clock(true, kRuns * kSampleEvery, 0);
  const std::vector<std::uint64_t> sampled = RunEpochs(clock, 1, kRuns * kSampleEvery);
  ASSERT_EQ(sampled.size(), kRuns);
  for (std::uint64_t i = 0; i < kRuns; ++i) EXPECT_EQ(sampled[i] / kSampleEvery, i);
}

TEST(TrainingClock, DoesNotSampleTheFirstOfManySteps) {
  TrainingClock clock(true, 100, 0);
  EXPECT_THAT(RunEpochs(clock, 1, 100), Not(Contains(0U)));
}

TEST(TrainingClock, SeesEveryStepOfEpochsAsLongAsARun) {
  TrainingClock clock(true, kSampleEvery * kSampleEvery, 0);
  std::set<std::uint64_t> places;
  for (const std::uint64_t step : RunEpochs(clock, kSampleEvery, kSampleEvery)) {
    places.insert(step % kSampleEvery);
  }
  EXPECT_EQ(places.size(), kSampleEvery);
}

TEST(TrainingClock, CountsSteps) {
  TrainingClock clock(true, 100, 0);
  const std::size_t sampled = RunEpochs(clock, 5, 20).size();
  const TrainingProfile profile = std::move(clock).Finish(6000);
  EXPECT_EQ(profile.steps, 100U);
  EXPECT_EQ(profile.sampled_steps, sampled);
}

TEST(TrainingClock, MeasuresNothingWhenOff) {
  TrainingClock clock(false, 10, 0);
  EXPECT_TRUE(RunEpochs(clock, 1, 10).empty());
  const TrainingProfile profile = std::move(clock).Finish(6000);
  EXPECT_THAT(profile.step_ns, Each(0));
  EXPECT_EQ(profile.sampled_steps, 0U);
}

}  // namespace
}  // namespace fedround::client
