// What RunCosts says of a run, added up a second time from the ledger's rows.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "common/base/measure/quantile.h"
#include "experiments/analysis/costs.h"
#include "experiments/analysis/round_rows.h"
#include "tests/experiments/analysis/synthetic_run.h"

namespace fedround::analysis {
namespace {

struct Sums {
  double fold_s = 0, evaluate_s = 0, steal_s = 0;
  std::uint64_t retransmitted = 0, train_tasks = 0, failures = 0, switches = 0;
  std::size_t rounds = 0;
  double all_phases_s = 0;
  double cpu_s = 0;                                 // of training
  std::map<ClientId, std::vector<double>> train_s;  // of each task
};

Sums AddedUp(const Run& run) {
  Sums sums;
  const auto add = [&sums](const RoundRows& rows) {
    if (rows.round != nullptr) {
      ++sums.rounds;
      sums.fold_s += Seconds(rows.round->fold_ns);
      sums.steal_s += Seconds(rows.round->steal_ns);
      sums.switches += rows.round->involuntary_switches;
      sums.retransmitted += rows.round->retransmitted_bytes_down;
    }
    for (const auto& evaluation : rows.evaluations) sums.evaluate_s += Seconds(evaluation.wall_ns);
    sums.failures += rows.failures.size();
    for (const ledger::TaskRow& task : rows.tasks) {
      if (task.task != TaskKind::kTrain) continue;
      ++sums.train_tasks;
      sums.train_s[task.client].push_back(Seconds(task.phase(ClientPhase::kTrain)));
      sums.cpu_s += Seconds(task.phase_cpu_ns[static_cast<int>(ClientPhase::kTrain)]);
      for (const Nanos phase : task.phase_ns) sums.all_phases_s += Seconds(phase);
    }
    return absl::OkStatus();
  };
  EXPECT_TRUE(ForEachRound(run, add).ok());
  return sums;
}

class CostSums : public testing::Test {
 protected:
  const analysis::Run run_ = ReadRun(WriteSyntheticRun()).value();
  const RunCosts costs_ = MeasureCosts(run_).value();
  const Sums sums_ = AddedUp(run_);
};

// Near, as sums of seconds are; but not by a millisecond.
constexpr double kNear = 1e-9;

TEST_F(CostSums, TimesBesideThePathAreThoseOfTheRows) {
  ASSERT_GT(sums_.fold_s, 0);
  ASSERT_GT(sums_.evaluate_s, 0);
  EXPECT_NEAR(costs_.fold_s, sums_.fold_s, kNear);
  EXPECT_NEAR(costs_.evaluate_s, sums_.evaluate_s, kNear);
  EXPECT_NEAR(costs_.disturbance.steal_s, sums_.steal_s, kNear);
}

TEST_F(CostSums, CountsAreThoseOfTheRows) {
  ASSERT_GT(sums_.retransmitted, 0U);
  ASSERT_GT(sums_.train_tasks, 0U);
  EXPECT_EQ(costs_.wall_s.size(), sums_.rounds);
  EXPECT_EQ(costs_.modelled_s.size(), sums_.rounds);
  EXPECT_EQ(costs_.retransmitted, sums_.retransmitted);
  EXPECT_EQ(costs_.train_tasks, sums_.train_tasks);
  EXPECT_EQ(costs_.disturbance.switches, sums_.switches);
  std::uint64_t failures = 0;
  for (const auto& [what, count] : costs_.failures) failures += count;
  EXPECT_EQ(failures, sums_.failures);
}

TEST_F(CostSums, TrainingIsTheMeanOfEachClientsTasks) {
  std::vector<double> means;
  double total = 0;
  for (const auto& [client, tasks] : sums_.train_s) {
    double sum = 0;
    for (const double seconds : tasks) sum += seconds;
    means.push_back(sum / static_cast<double>(tasks.size()));
    total += sum;
  }
  const PhaseCost& train = costs_.phases[static_cast<int>(ClientPhase::kTrain)];
  EXPECT_EQ(train.name, "train");
  EXPECT_NEAR(train.median_s, Median(means), kNear);
  EXPECT_NEAR(train.p95_s, Quantile(means, 0.95), kNear);
  EXPECT_NEAR(train.share, total / sums_.all_phases_s, kNear);
  EXPECT_NEAR(train.cpu_s, sums_.cpu_s, kNear);
}

}  // namespace
}  // namespace fedround::analysis
