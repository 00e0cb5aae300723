// W1 against PyTorch: the same initial weights, shards and batches
// (scripts/reference/fedavg_torch.py) must learn alike. Bits differ (another order of additions),
// so accuracies do, a little.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "tests/support/paths.h"
#include "tests/support/run_experiment.h"

namespace fedround::testing {
namespace {

// accuracy by (seed, round)
std::map<std::pair<int, int>, double> ReadReference() {
  std::map<std::pair<int, int>, double> reference;
  std::ifstream file(FEDROUND_SOURCE_DIR "/tests/golden/w1_pytorch.tsv");
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    int seed = 0, round = 0;
    double accuracy = 0;
    if (fields >> seed >> round >> accuracy) reference[{seed, round}] = accuracy;
  }
  return reference;
}

TEST(W1, MeetsPyTorchWithinHalfAPointOverFiveSeeds) {
  const auto reference = ReadReference();
  ASSERT_EQ(reference.size(), 100U);
  double mean_at_ten = 0, mean_difference_at_twenty = 0;
  for (int seed = 1; seed <= 5; ++seed) {
    const auto experiment =
        LoadExperiment(FEDROUND_SOURCE_DIR "/experiments/quickstart.toml",
                       std::vector<std::string>{"run.seed=" + std::to_string(seed)});
    ASSERT_TRUE(experiment.ok()) << experiment.status();
    const Outcome outcome = RunExperiment(*experiment);
    ASSERT_EQ(outcome.verdict.outcome, RunOutcome::kDone) << outcome.verdict.message;
    std::map<std::uint32_t, double> accuracy;
    for (const auto& score : outcome.Of<ledger::event::Evaluated>()) {
      if (score.accuracy.has_value()) accuracy[score.round] = *score.accuracy;
    }
    ASSERT_EQ(accuracy.size(), 20U);
    // Early rounds: the trajectories have hardly parted.
    EXPECT_NEAR(accuracy[1], (reference.at({seed, 1})), 0.005) << "seed " << seed;
    EXPECT_NEAR(accuracy[20], (reference.at({seed, 20})), 0.01) << "seed " << seed;
    mean_at_ten += accuracy[10] / 5;
    mean_difference_at_twenty += (accuracy[20] - reference.at({seed, 20})) / 5;
  }
  EXPECT_NEAR(mean_difference_at_twenty, 0, 0.005);
  EXPECT_GE(mean_at_ten, 0.79);
  EXPECT_LE(mean_at_ten, 0.82);
}

}  // namespace
}  // namespace fedround::testing
