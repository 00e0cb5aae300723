#include "experiments/simulate/in_process.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "common/base/measure/resource_usage.h"
#include "tests/support/run_experiment.h"
#include "tests/support/sanitized.h"

namespace fedround::testing {
namespace {

TEST(InProcess, LearnsBlobs) {
  const Outcome outcome = RunExperiment(Tiny({"run.rounds=10"}));
  EXPECT_EQ(outcome.verdict.outcome, RunOutcome::kDone) << outcome.verdict.message;
  EXPECT_GT(outcome.accuracy(), 0.9);
}

TEST(InProcess, EmptyCohortsLeaveTheModelAsItIs) {
  const Outcome none = RunExperiment(Tiny({"federation.dropout=1"}));
  EXPECT_EQ(none.verdict.outcome, RunOutcome::kDone) << none.verdict.message;
  EXPECT_EQ(none.model_sha256, RunExperiment(Tiny({"run.rounds=0"})).model_sha256);
}

TEST(InProcess, ZeroEpochsLeaveTheModelAsItIs) {
  EXPECT_EQ(RunExperiment(Tiny({"training.epochs=0"})).model_sha256,
            RunExperiment(Tiny({"run.rounds=0"})).model_sha256);
}

TEST(InProcess, DropoutsAreNotMissed) {
  // Half drop out on purpose: they are not expected, so all others must answer, and they do.
  EXPECT_EQ(
      RunExperiment(Tiny({"federation.dropout=0.5", "federation.min_updates=8"})).verdict.exit_code,
      0);
}

TEST(InProcess, AShardTooHeavyForTheGridIsRefusedBeforeItTrains) {
  const auto coordinator = coordinator::Coordinator::Create(
      {.experiment = Tiny({"fold.max_total_weight=100", "fold.scale_bits=32"})});
  EXPECT_TRUE(absl::IsInvalidArgument(coordinator.status())) << coordinator.status();
  const Outcome uniform =
      RunExperiment(Tiny({"fold.max_total_weight=100", "federation.weighting=uniform"}));
  EXPECT_EQ(uniform.verdict.outcome, RunOutcome::kDone) << uniform.verdict.message;
}

TEST(InProcess, MoreClientsThanTheSumOfWeightsHasRoomForAreRefusedBeforeItStarts) {
  const auto create = [](const std::string& most) {
    return coordinator::Coordinator::Create({.experiment = Tiny({"federation.weighting=uniform",
                                                                 "fold.max_total_weight=" + most})})
        .status();
  };
  EXPECT_TRUE(create("8").ok());
  EXPECT_TRUE(absl::IsInvalidArgument(create("7")));
}

TEST(InProcess, CreditForOneUploadIsEnough) {
  const Outcome tight = RunExperiment(Tiny({"limits.upload_buffer_bytes=0"}));
  EXPECT_EQ(tight.verdict.outcome, RunOutcome::kDone);
  EXPECT_EQ(tight.model_sha256, RunExperiment(Tiny()).model_sha256);
}

TEST(InProcess, ReportsEveryRoundAndItsScore) {
  const Outcome outcome = RunExperiment(Tiny());
  EXPECT_EQ(outcome.Of<ledger::event::Round>().size(), 4U);
  EXPECT_EQ(outcome.Of<ledger::event::Evaluated>().size(), 4U);
  EXPECT_EQ(outcome.Of<ledger::event::Finished>().size(), 1U);
}

TEST(InProcess, FederatedEvaluationScoresTheClientsShards) {
  const Outcome outcome = RunExperiment(Tiny({"evaluation.federated=true", "run.rounds=10"}));
  double last = 0;
  for (const auto& score : outcome.Of<ledger::event::Evaluated>()) {
    last = score.clients_accuracy.value_or(last);
  }
  EXPECT_GT(last, 0.8);
}

TEST(InProcess, ScoresTheValidationSplit) {
  const Outcome outcome = RunExperiment(Tiny({"data.validation=0.2", "run.rounds=10"}));
  double last = 0;
  for (const auto& score : outcome.Of<ledger::event::Evaluated>()) {
    last = score.validation_accuracy.value_or(last);
  }
  EXPECT_GT(last, 0.8);
}

TEST(InProcess, DivergenceIsAClearFailure) {
  const Outcome outcome = RunExperiment(Tiny({"training.learning_rate=900", "fold.max_abs=1e-3"}));
  EXPECT_EQ(outcome.verdict.exit_code, 4) << outcome.verdict.message;
  EXPECT_TRUE(std::ranges::any_of(outcome.Of<ledger::event::Failure>(), [](const auto& failure) {
    return failure.what == FailureKind::kRefused;
  }));
}

std::uint64_t ResidentPages() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  EXPECT_TRUE(statm >> size >> resident);
  return resident;
}

// One that allocates what cannot be used again grows with every round.
TEST(InProcess, MemoryDoesNotGrowWithTheRounds) {
  // Measured under ThreadSanitizer: 1.9 % more pages, of its shadow; the release build measures.
  if (kSanitized) GTEST_SKIP() << "a sanitizer's memory of what it has seen grows";
  KeepFreedMemory();
  std::uint64_t early = 0;
  std::uint64_t late = 0;
  const std::string folder = ::testing::TempDir() + "/in_process_memory";
  std::filesystem::remove_all(folder);
  const auto coordinator = coordinator::Coordinator::Create(
      {.experiment = Tiny({"run.rounds=2000", "federation.clients=4", "model.hidden=[150]"}),
       .run_id = "test",
       .folder = folder,
       .on_event = [&](const ledger::RunEvent& event) {
         const auto* round = std::get_if<ledger::event::Round>(&event);
         if (round == nullptr) return;
         if (round->round == 500) early = ResidentPages();
         if (round->round == 2000) late = ResidentPages();
       }});
  ASSERT_TRUE(coordinator.ok()) << coordinator.status();
  const auto verdict = simulate::RunInProcess(**coordinator, {});
  ASSERT_TRUE(verdict.ok()) << verdict.status();
  ASSERT_EQ(verdict->outcome, RunOutcome::kDone) << verdict->message;
  EXPECT_GT(early, 0U);
  EXPECT_LE(late, early + early / 100);
}

}  // namespace
}  // namespace fedround::testing
