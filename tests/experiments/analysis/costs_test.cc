#include "experiments/analysis/costs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "common/ledger/modelled_time.h"
#include "tests/experiments/analysis/synthetic_run.h"

namespace fedround::analysis {
namespace {

RunCosts Measured(const SyntheticOptions& options) {
  return MeasureCosts(ReadRun(WriteSyntheticRun(options)).value()).value();
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
  const auto rounds = ledger::ReadAll<ledger::RoundRow>(*run.database).value();
  for (const ledger::RoundRow& round : rounds) {
    wire += round.wire_bytes_down + round.wire_bytes_up;
  }
  std::uint64_t sum = 0;
  const RunCosts costs = MeasureCosts(run).value();
  for (const ByteCost& bytes : costs.bytes) sum += bytes.down + bytes.up;
  EXPECT_EQ(sum, wire);
}

TEST(RunCosts, CountsDisturbedRounds) {
  const Disturbance seen = Measured({}).disturbance;
  EXPECT_EQ(seen.switches, 1U + 2 + 3 + 4);
  EXPECT_EQ(seen.rounds_with_switches, 4U);
  EXPECT_EQ(seen.rounds_with_steal, 0U);
}

// Calls `check` with the rows of round 2 of a run whose ledger was changed by `sql`.
template <typename Check>
void OfRoundTwo(const std::string& sql, const Check& check) {
  const std::string folder = WriteSyntheticRun({.federated = false});
  ASSERT_TRUE(ledger::Database::Create(ledger::LedgerPath(folder), sql).ok());
  const Run run = ReadRun(folder).value();
  int seen = 0;
  ASSERT_TRUE(ForEachRound(run, [&](const RoundRows& rows) {
                if (rows.number != 2) return absl::OkStatus();
                ++seen;
                check(rows);
                return absl::OkStatus();
              }).ok());
  EXPECT_EQ(seen, 1);
}

void ExpectClosedOtherwise(const RoundRows& rows) {
  const CriticalPath path = FindCriticalPath(rows);
  EXPECT_EQ(path.closed_otherwise, 1U);
  EXPECT_EQ(path.part(PathPart::kOther), rows.steps[0].collect_ns);
  EXPECT_EQ(path.sum(), ledger::WallTime(*rows.round));
}

TEST(CriticalPath, OfAStepThatAFailureClosedIsAsBooked) {
  OfRoundTwo(
      "INSERT INTO failures SELECT 2, 0, 'late', '', start_ns + broadcast_ns + collect_ns - 1 FROM "
      "steps WHERE round = 2",
      ExpectClosedOtherwise);
}

// Or the client's times would stand beside the coordinator's as if they were on its clock.
TEST(CriticalPath, OfAStepThatAClientOfNoKnownClockClosedIsAsBooked) {
  OfRoundTwo("UPDATE tasks SET clock_offset_ns = NULL, clock_bound_ns = NULL",
             ExpectClosedOtherwise);
}

TEST(CriticalPath, GoesThroughTheLastFold) {
  OfRoundTwo("", [](const RoundRows& rows) {
    const CriticalPath path = FindCriticalPath(rows);
    const ledger::TaskRow* last = Find(rows.tasks, 2, 0);  // the slowest client
    ASSERT_NE(last, nullptr);
    EXPECT_EQ(path.part(ClientPhase::kTrain), last->phase(ClientPhase::kTrain));
    EXPECT_EQ(path.part(ClientPhase::kWaitSlot), last->phase(ClientPhase::kWaitSlot));
  });
}

}  // namespace
}  // namespace fedround::analysis
