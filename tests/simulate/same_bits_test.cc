// The main promise: the same experiment gives the same model, bit for bit.
#include <gtest/gtest.h>

#include <filesystem>

#include "common/ledger/store/run_recorder.h"
#include "tests/support/run_experiment.h"

namespace fedround::testing {
namespace {

std::string Sha(const Experiment& experiment, const simulate::InProcessOptions& options = {}) {
  const Outcome outcome = RunExperiment(experiment, options);
  EXPECT_EQ(outcome.verdict.outcome, RunOutcome::kDone) << outcome.verdict.message;
  return outcome.model_sha256;
}

TEST(SameBits, AnyNumberOfThreads) {
  const std::string one = Sha(Tiny(), {.threads = 1});
  EXPECT_EQ(Sha(Tiny(), {.threads = 2}), one);
  EXPECT_EQ(Sha(Tiny({"launch.slots=4"}), {.threads = 4}), one);
}

TEST(SameBits, HundredShuffledArrivals) {
  const std::string in_order = Sha(Tiny(), {.threads = 1});
  for (std::uint64_t schedule = 0; schedule < 100; ++schedule) {
    ASSERT_EQ(Sha(Tiny(), {.threads = 1, .shuffle_arrivals = schedule}), in_order)
        << "schedule " << schedule;
  }
}

TEST(SameBits, AnotherSeedGivesAnotherModel) { EXPECT_NE(Sha(Tiny({"run.seed=8"})), Sha(Tiny())); }

TEST(SameBits, WithFederatedEvaluation) {
  EXPECT_EQ(Sha(Tiny({"evaluation.federated=true"})), Sha(Tiny()));
}

TEST(SameBits, EvaluatedBesideOrAfter) {
  EXPECT_EQ(Sha(Tiny({"evaluation.when=after"})), Sha(Tiny()));
}

TEST(SameBits, ReplayOfARunWithDropouts) {
  const std::string folder = ::testing::TempDir() + "/replay";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const Outcome original =
      RunExperiment(Tiny({"federation.dropout=0.4", "federation.cohort=6"}), {}, folder);
  ASSERT_EQ(original.verdict.outcome, RunOutcome::kDone) << original.verdict.message;
  const auto folded = ledger::ReadFoldedSets(folder);
  ASSERT_TRUE(folded.ok()) << folded.status();
  // Without the drop-outs of its own, but with the recorded sets.
  const Outcome replay = RunExperiment(Tiny({"federation.cohort=6"}), {.threads = 1}, "", *folded);
  EXPECT_EQ(replay.model_sha256, original.model_sha256);
  EXPECT_NE(RunExperiment(Tiny({"federation.cohort=6"})).model_sha256, original.model_sha256);
}

TEST(Replay, OfAnotherExperimentIsRefused) {
  const auto coordinator = coordinator::Coordinator::Create(
      {.experiment = Tiny({"federation.cohort=2", "run.rounds=1"}), .replay = {{0, 1, 2}}});
  EXPECT_TRUE(absl::IsInvalidArgument(coordinator.status())) << coordinator.status();
}

}  // namespace
}  // namespace fedround::testing
