// Rounds that get too few answers, or enough before all have come: what the model and the ledger
// keep of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "client/client_host.h"
#include "common/base/exit_code.h"
#include "common/base/mutex.h"
#include "common/ledger/store/run_recorder.h"
#include "experiments/simulate/in_process_link.h"
#include "tests/support/run_experiment.h"
#include "tests/support/run_ledger.h"

namespace fedround::testing {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// The in-process driver, in which the updates of client 0 in these rounds have wrong checksums.
class SpoilingLink : public simulate::InProcessLink {
 public:
  SpoilingLink(coordinator::Front& front, std::set<std::uint32_t> rounds)
      : InProcessLink(front, std::nullopt), rounds_(std::move(rounds)) {}

  void Send(const Instruction& instruction) override {
    if (instruction.client == 0 && rounds_.contains(instruction.round)) {
      MutexLock lock(mutex_);
      spoiled_.insert(instruction.id);
    }
    InProcessLink::Send(instruction);
  }
  absl::StatusOr<client::TransferCost> Submit(const UpdateHeader& header,
                                              std::span<const std::byte> payload,
                                              const std::function<void()>& on_credit) override {
    UpdateHeader sent = header;
    if (Spoils(header.ask)) sent.checksum = header.checksum.value_or(0) + 1;
    return InProcessLink::Submit(sent, payload, on_credit);
  }

 private:
  bool Spoils(AskId ask) {
    MutexLock lock(mutex_);
    return spoiled_.contains(ask);
  }

  const std::set<std::uint32_t> rounds_;
  Mutex mutex_;
  std::set<AskId> spoiled_ ABSL_GUARDED_BY(mutex_);
};

class FailedRounds : public ::testing::Test {
 protected:
  FailedRounds()
      : folder(::testing::TempDir() + "/failed_rounds_" +
               ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
  }

  // A run in which client 0 fails in these rounds, each of which needs all eight.
  Outcome Run(std::vector<std::string> overrides, const std::set<std::uint32_t>& failing) {
    overrides.push_back("federation.min_updates=8");
    Outcome outcome;
    const auto coordinator = coordinator::Coordinator::Create(
        {.experiment = Tiny(overrides),
         .run_id = "test",
         .folder = folder,
         .on_event = [&](const ledger::RunEvent& event) { outcome.events.push_back(event); }});
    EXPECT_TRUE(coordinator.ok()) << coordinator.status();
    if (!coordinator.ok()) return outcome;
    SpoilingLink link(**coordinator, failing);
    std::thread clients([&] {
      std::vector<ClientId> all(8);
      std::iota(all.begin(), all.end(), ClientId{0});
      EXPECT_TRUE(client::RunClientHost(link, {.clients = all, .threads = 1}).ok());
    });
    outcome.verdict = (*coordinator)->Run(link);
    link.Close();
    clients.join();
    outcome.model_sha256 = (*coordinator)->model_sha256();
    return outcome;
  }

  ledger::RunLedger Ledger() const { return ledger::ReadLedger(folder).value(); }

  const std::string folder;
};

TEST_F(FailedRounds, ARoundWithTooFewAnswersEndsTheRun) {
  const Outcome outcome = Run({}, {2});
  EXPECT_EQ(outcome.verdict.exit_code, exit_code::kTooFewClients);
  EXPECT_THAT(outcome.verdict.message, HasSubstr("round 2 got 7 of 8 updates and needs 8"));
  EXPECT_THAT(Ledger().rounds, SizeIs(1));
}

TEST_F(FailedRounds, AnAbandonedRoundLeavesTheModelAsItWas) {
  const Outcome outcome = Run({"run.rounds=2", "federation.on_too_few=abandon"}, {2});
  EXPECT_EQ(outcome.verdict.outcome, RunOutcome::kDone) << outcome.verdict.message;
  EXPECT_EQ(outcome.model_sha256, RunExperiment(Tiny({"run.rounds=1"})).model_sha256);
  const auto rounds = Ledger().rounds;
  ASSERT_THAT(rounds, SizeIs(2));
  EXPECT_EQ(rounds[1].model_after, rounds[0].model_after);
  EXPECT_EQ(rounds[1].folded_count, 0U);
  EXPECT_EQ(rounds[1].total_weight, 0U);
}

// What was folded in it is thrown away.
TEST_F(FailedRounds, TheRoundAfterAnAbandonedOneFoldsOnlyItsOwnAnswers) {
  const Outcome outcome = Run({"run.rounds=2", "federation.on_too_few=abandon"}, {1});
  EXPECT_EQ(outcome.verdict.outcome, RunOutcome::kDone) << outcome.verdict.message;
  const auto rounds = Ledger().rounds;
  ASSERT_THAT(rounds, SizeIs(2));
  EXPECT_EQ(rounds[1].folded_count, 8U);
  EXPECT_EQ(rounds[1].total_weight, 240U);
  EXPECT_NE(rounds[1].model_after, rounds[1].model_before);
}

TEST_F(FailedRounds, WhoAnsweredAnAbandonedRoundIsToldInTheLedger) {
  Run({"run.rounds=2", "federation.on_too_few=abandon"}, {1});
  std::set<ClientId> abandoned;
  for (const ledger::FailureRecord& failure : Ledger().failures) {
    if (failure.what == FailureKind::kAbandoned) abandoned.insert(failure.client);
    EXPECT_EQ(failure.round, 1U);
  }
  EXPECT_EQ(abandoned, (std::set<ClientId>{1, 2, 3, 4, 5, 6, 7}));
}

TEST_F(FailedRounds, MoreAbandonedRoundsInARowThanAllowedEndTheRun) {
  const std::vector<std::string> one = {"run.rounds=5", "federation.on_too_few=abandon",
                                        "federation.max_abandoned=1"};
  const Outcome apart = Run(one, {1, 3, 5});
  EXPECT_EQ(apart.verdict.outcome, RunOutcome::kDone) << apart.verdict.message;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const Outcome in_a_row = Run(one, {2, 3});
  EXPECT_EQ(in_a_row.verdict.exit_code, exit_code::kTooFewClients) << in_a_row.verdict.message;
  EXPECT_THAT(in_a_row.verdict.message, HasSubstr("round 3 got 7 of 8"));
}

// ---- target_updates ----

TEST_F(FailedRounds, ARoundThatHasEnoughTakesNoMore) {
  const Outcome outcome =
      RunExperiment(Tiny({"federation.target_updates=3"}), {.threads = 1}, folder);
  EXPECT_EQ(outcome.verdict.outcome, RunOutcome::kDone) << outcome.verdict.message;
  const ledger::RunLedger run = Ledger();
  EXPECT_THAT(run.rounds, AllOf(SizeIs(4), Each(Field(&ledger::RoundRow::folded_count, 3))));
  EXPECT_THAT(run.failures, Each(Field(&ledger::FailureRecord::what, FailureKind::kWithdrawn)));
  EXPECT_THAT(run.failures, SizeIs(4 * 5));
}

TEST_F(FailedRounds, AReplayGivesTheBitsOfARunThatTookTheFirst) {
  const Outcome first = RunExperiment(Tiny({"federation.target_updates=3"}),
                                      {.threads = 1, .shuffle_arrivals = 5}, folder);
  const auto sets = ledger::ReadFoldedSets(folder);
  ASSERT_TRUE(sets.ok()) << sets.status();
  const Outcome again = RunExperiment(Tiny({"federation.target_updates=3"}),
                                      {.threads = 1, .shuffle_arrivals = 6}, "", *sets);
  EXPECT_EQ(again.verdict.outcome, RunOutcome::kDone) << again.verdict.message;
  EXPECT_EQ(again.model_sha256, first.model_sha256);
}

}  // namespace
}  // namespace fedround::testing
