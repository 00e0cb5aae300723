#include "experiments/cli/screen/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/experiments/cli/events.h"

namespace fedround::cli {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

// A run of two rounds with two client processes.
class SummaryTest : public ::testing::Test {
 protected:
  void Add(std::initializer_list<ledger::RunEvent> events) {
    for (const ledger::RunEvent& event : events) tally_.Add(event);
  }
  SummaryTest() {
    Add({Started(2, 2), Round(1), Evaluated(1, 0.7), Round(2), Evaluated(2, 0.8), Finished()});
    report_.verdict = {RunOutcome::kDone, "", 0};
    report_.coordinator.log = "q/logs/coordinator.log";
    for (ClientId client = 0; client < 2; ++client) {
      launch::ProcessReport host;
      host.clients = {client};
      host.log = absl::StrCat("q/logs/client-", client, ".log");
      host.cpu_ns = 500 * kNanosPerMilli;
      report_.hosts.push_back(host);
    }
  }

  SummaryInput Input() const {
    return {.tally = tally_,
            .report = report_,
            .elapsed_s = 1.5,
            .folder = "q",
            .repeat = "fedround run q/config.toml",
            .colour = false};
  }
  std::vector<std::string> Lines() const { return SummaryLines(Input()); }

  // Everything that can go wrong, much of it.
  void BreakEverything() {
    report_.verdict = {RunOutcome::kFailed, "the coordinator ended without a verdict", 1};
    report_.crash = launch::ProcessDeath{.name = "coordinator",
                                         .clients = {},
                                         .log = "q/logs/coordinator.log",
                                         .how = "exit code 9",
                                         .last_lines = {"a", "b", "c"}};
    for (ClientId client = 0; client < 50; ++client) {
      report_.deaths.push_back({.name = absl::StrCat("client-", client),
                                .clients = {client},
                                .log = "q/logs/client.log",
                                .how = "exit code 7",
                                .last_lines = {}});
      tally_.Add(Failure(1000 + client, FailureKind::kLate));
    }
  }

  Tally tally_;
  launch::LaunchReport report_;
};

TEST_F(SummaryTest, StartsWithTheOutcome) {
  EXPECT_EQ(Lines().front(), "done       2 rounds in 1.500 s");
}

TEST_F(SummaryTest, ShowsTheLastScore) {
  EXPECT_THAT(Lines(), Contains("accuracy   0.8000  loss 0.5000  after round 2"));
}

TEST_F(SummaryTest, ShowsTheClientsScoreIfThereIsNoOther) {
  ledger::event::Evaluated score;
  score.round = 1;
  score.clients_accuracy = 0.625;
  score.clients_loss = 0.25;
  tally_.Add(score);
  EXPECT_THAT(Lines(), Contains("accuracy   0.8000  loss 0.5000  after round 2"));
  tally_ = Tally();
  Add({Started(2, 2), Round(1), score, Round(2), Finished()});
  EXPECT_THAT(
      Lines(),
      Contains("accuracy   0.6250  loss 0.2500  after round 1, on the clients' own examples"));
}

TEST_F(SummaryTest, SpeaksOfEpochsAfterCentralTraining) {
  tally_ = Tally(/*central=*/true);
  Add({Started(2, 1), Round(1), Round(2), Evaluated(2, 0.8)});
  EXPECT_EQ(Lines().front(), "done       2 epochs in 1.500 s");
  EXPECT_THAT(Lines(), Contains("accuracy   0.8000  loss 0.5000  after epoch 2"));
  EXPECT_THAT(Lines(), Contains(StartsWith("per epoch  ")));
  EXPECT_THAT(Lines(), Not(Contains(HasSubstr(" round"))));
  EXPECT_THAT(Lines(), Not(Contains(StartsWith("bytes"))));
  EXPECT_THAT(ResultLine(Input()), StartsWith("done: 2 epochs, "));
}

TEST_F(SummaryTest, SaysHowFarAStoppedRunCame) {
  tally_.Add(Started(9, 2));
  EXPECT_THAT(Lines().front(), StartsWith("done       2 of 9 rounds in"));
}

TEST_F(SummaryTest, SaysThatItsFiguresAreNotOfAllRounds) {
  EXPECT_THAT(Lines(), Not(Contains(HasSubstr("cover only"))));
  tally_.Add(Round(7));
  EXPECT_THAT(Lines(), Contains(HasSubstr("; this and what follows cover only 3 rounds")));
}

TEST_F(SummaryTest, ShowsWhatMessagesAdd) {
  ledger::event::Round round = Round(3);
  round.message_bytes_down = 6 * 1024 * 1024;
  tally_.Add(round);
  EXPECT_THAT(Lines(), Contains("bytes      down 3.0 MiB, up 1.5 MiB; messages add 1.5 MiB"));
}

TEST_F(SummaryTest, SharesAddUp) {
  EXPECT_THAT(Lines(), Contains(StartsWith("time       train 50 % | wait for others 40 % | "
                                           "wait_slot 10 %")));
}

TEST_F(SummaryTest, AddsTheClientsProcessorTime) {
  EXPECT_THAT(Lines(), Contains(HasSubstr("1.000 s in 2 client processes")));
}

TEST_F(SummaryTest, EndsWithTheCommandThatRepeatsTheRun) {
  EXPECT_EQ(Lines().back(), "repeat     fedround run q/config.toml");
}

TEST_F(SummaryTest, NamesTheLogOfAClientThatFailed) {
  tally_.Add(Failure(1, FailureKind::kLate));
  EXPECT_THAT(Lines(), Contains("failure    client 1: late in round 2; q/logs/client-1.log"));
}

// What happened was said when it happened.
TEST_F(SummaryTest, DoesNotSayAgainWhatWasShown) {
  tally_.Add(Failure(1, FailureKind::kLate));
  report_.deaths.push_back({.name = "client-0",
                            .clients = {0},
                            .log = "q/logs/client-0.log",
                            .how = "exit code 7",
                            .last_lines = {"its last words"}});
  EXPECT_THAT(Lines(), Not(Contains(HasSubstr("as it happens"))));
  EXPECT_THAT(Lines(), Not(Contains(HasSubstr("its last words"))));
}

TEST_F(SummaryTest, CountsWhatDidNotCome) {
  for (int i = 0; i < 3; ++i) tally_.Add(Failure(1, FailureKind::kRefused));
  tally_.Add(Failure(0, FailureKind::kLate));
  EXPECT_THAT(Lines(), Contains("updates    18 of 20 folded; late 1, refused 3"));
  EXPECT_EQ(Lines().front(), "done       2 rounds in 1.500 s");
}

TEST_F(SummaryTest, IsNotDoneWithoutAWordWhereMostUpdatesWereRefused) {
  for (int i = 0; i < 19; ++i) tally_.Add(Failure(1, FailureKind::kRefused));
  EXPECT_EQ(Lines().front(),
            "done       2 rounds in 1.500 s, but most updates had no part in the model: 19 were "
            "refused, 18 folded");
  EXPECT_THAT(ResultLine(Input()), HasSubstr("q, but most updates had no part in the model"));
}

TEST_F(SummaryTest, CountsRepeatedFailuresOfAClient) {
  tally_.Add(Failure(1, FailureKind::kLate));
  tally_.Add(Failure(1, FailureKind::kLate));
  EXPECT_THAT(Lines(), Contains(HasSubstr("(and 1 more)")));
}

TEST_F(SummaryTest, NamesADeadProcessOnce) {
  report_.deaths.push_back({.name = "client-1",
                            .clients = {1},
                            .log = "q/logs/client-1.log",
                            .how = "exit code 7",
                            .last_lines = {}});
  tally_.Add(Failure(1, FailureKind::kLeft));
  EXPECT_THAT(Lines(), Not(Contains(HasSubstr("left in round"))));
}

TEST_F(SummaryTest, StaysShortWhateverWentWrong) {
  BreakEverything();
  EXPECT_THAT(Lines(), SizeIs(Le(kMaxSummaryLines)));
}

TEST_F(SummaryTest, CountsTheFailuresItDoesNotShow) {
  BreakEverything();
  EXPECT_THAT(Lines(), Contains("failure    and 99 more: q/ledger.sqlite"));
}

TEST_F(SummaryTest, ShowsFailureInRedOnATerminal) {
  report_.verdict = {RunOutcome::kFailed, "no updates", 1};
  SummaryInput input = Input();
  input.colour = true;
  EXPECT_THAT(SummaryLines(input).front(),
              AllOf(StartsWith("\x1b[31mfailed"), HasSubstr("no updates")));
}

TEST_F(SummaryTest, OfARunWithoutRoundsIsShort) {
  tally_ = Tally();
  report_.verdict = {RunOutcome::kFailed, "too few clients", 4};
  EXPECT_THAT(SummaryLines(Input()), SizeIs(5));
}

TEST_F(SummaryTest, ResultIsOneLine) {
  EXPECT_EQ(ResultLine(Input()), "done: 2 rounds, accuracy 0.8000, loss 0.5000, 1.500 s, q");
}

}  // namespace
}  // namespace fedround::cli
