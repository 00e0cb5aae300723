#include "experiments/analysis/costs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "common/ledger/modelled_time.h"
#include "tests/experiments/analysis/synthetic_run.h"

namespace fedround::analysis {
namespace {

RunCosts Measured(const SyntheticOptions& options) {
  return MeasureCosts(ReadRun(WriteSyntheticRun(options)).value());
}

TEST(RunCosts, PathAddsUpToTheMeanWallTime) {
  const RunCosts costs = Measured({});
  ASSERT_EQ(costs.wall_s.size(), 4U);
  const double mean = std::accumulate(costs.wall_s.begin(), costs.wall_s.end(), 0.0) / 4;
  EXPECT_NEAR(std::accumulate(costs.path_s, costs.path_s + kPathParts, 0.0), mean, 1e-9);
}

TEST(RunCosts, SharesOfPhasesAddUpToOne) {
  const RunCosts costs = Measured({});
  const auto add = [](double sum, const PhaseCost& phase) { return sum + phase.share; };
  EXPECT_NEAR(std::accumulate(costs.phases.begin(), costs.phases.end(), 0.0, add), 1, 1e-9);
  EXPECT_NEAR(std::accumulate(costs.inside.begin(), costs.inside.end(), 0.0, add), 1, 1e-9);
}

TEST(RunCosts, NamesTheSlowestClient) {
  const RunCosts costs = Measured({});
  const PhaseCost& wait_slot = costs.phases[static_cast<std::size_t>(ClientPhase::kWaitSlot)];
  EXPECT_EQ(wait_slot.slowest, 2U);
  EXPECT_DOUBLE_EQ(wait_slot.slowest_s, 0.002);
  EXPECT_DOUBLE_EQ(wait_slot.median_s, 0.001);
}

TEST(RunCosts, KindsOfBytesAddUpToTheWire) {
  const auto run = ReadRun(WriteSyntheticRun()).value();
  std::uint64_t wire = 0;
  for (const ledger::RoundRow& round : run.ledger.rounds) {
    wire += round.wire_bytes_down + round.wire_bytes_up;
  }
  std::uint64_t sum = 0;
  for (const ByteCost& bytes : MeasureCosts(run).bytes) sum += bytes.down + bytes.up;
  EXPECT_EQ(sum, wire);
}

TEST(RunCosts, CountsDisturbedRounds) {
  const Disturbance seen = Measured({}).disturbance;
  EXPECT_EQ(seen.switches, 1U + 2 + 3 + 4);
  EXPECT_EQ(seen.rounds_with_switches, 4U);
  EXPECT_EQ(seen.rounds_with_steal, 0U);
}

TEST(CriticalPath, OfAStepThatAFailureClosedIsAsBooked) {
  auto run = ReadRun(WriteSyntheticRun({.federated = false})).value();
  const ledger::StepRow& step = run.ledger.steps[1];
  run.ledger.failures.push_back(
      {.round = 2, .client = 0, .what = "late", .at_ns = StepEnd(step) - 1});
  const CriticalPath path = FindCriticalPath(run, run.ledger.rounds[1]);
  EXPECT_EQ(path.closed_otherwise, 1U);
  EXPECT_EQ(path.part(PathPart::kOther), step.collect_ns);
  EXPECT_EQ(path.sum(), ledger::WallTime(run.ledger.rounds[1]));
}

TEST(CriticalPath, GoesThroughTheLastFold) {
  const auto run = ReadRun(WriteSyntheticRun({.federated = false})).value();
  const CriticalPath path = FindCriticalPath(run, run.ledger.rounds[1]);
  const ledger::TaskRow* last = Find(run.ledger.tasks, 2, 2, 0);  // the slowest client
  ASSERT_NE(last, nullptr);
  EXPECT_EQ(path.part(PathPart::kTrain), last->phase(ClientPhase::kTrain));
  EXPECT_EQ(path.part(PathPart::kWaitSlot), last->phase(ClientPhase::kWaitSlot));
}

}  // namespace
}  // namespace fedround::analysis
