#include "coordinator/engine/round_engine.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/coordinator/engine/engine_tools.h"

namespace fedround::coordinator {
namespace {

// Of three clients that are all connected.
AskId AskOf(std::uint32_t round, ClientId client) { return 3 * (round - 1) + client + 1; }

Answered Update(UploadHandle handle, std::uint32_t round, ClientId client) {
  return {.handle = handle, .ask = AskOf(round, client), .weight = 10};
}

// An engine whose clients have all joined: round 1 is open.
class Running {
 public:
  explicit Running(EngineOptions options) : engine(std::move(options), 77) {
    engine.Start(0);
    for (ClientId client = 0; client < 3; ++client) last = engine.Step(ClientJoined{client}, 1);
  }
  EngineActions Do(const EngineEvent& event, Nanos now = 2) {
    return last = engine.Step(event, now);
  }
  // All three answer, and the folds finish.
  void AnswerAll(std::uint32_t round) {
    for (ClientId client = 0; client < 3; ++client) {
      Do(Update(10 * round + client, round, client));
      Do(FoldDone{10 * round + client});
    }
  }
  RoundEngine engine;
  EngineActions last;
};

TEST(RoundEngine, StartsWhenAllHaveJoined) {
  RoundEngine engine(Options(2, 1), 77);
  engine.Start(0);
  EXPECT_TRUE(Of<Send>(engine.Step(ClientJoined{0}, 1)).empty());
  const auto sent = Of<Send>(engine.Step(ClientJoined{1}, 2));
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[1].instruction.client, 1U);
  EXPECT_EQ(sent[1].instruction.model_id, 77U);
}

TEST(RoundEngine, StartsWithoutTheMissingAtTheJoinDeadline) {
  RoundEngine engine(Options(2, 1), 77);
  const auto timer = Of<SetTimer>(engine.Start(0)).at(0);
  EXPECT_EQ(timer.at, 50);
  engine.Step(ClientJoined{1}, 1);
  const EngineActions actions = engine.Step(TimerFired{timer.id}, 50);
  EXPECT_EQ(Of<Send>(actions).size(), 1U);
  EXPECT_EQ(Of<ReportFailure>(actions).at(0).what, FailureKind::kAbsent);
}

TEST(RoundEngine, DoesNotWaitForThoseWhoWillNotJoin) {
  RoundEngine engine(Options(3, 1), 77);
  engine.Start(0);
  engine.Step(ClientGone{0}, 1);
  engine.Step(ClientJoined{1}, 2);
  const EngineActions actions = engine.Step(ClientGone{2}, 3);
  EXPECT_EQ(Of<Send>(actions).size(), 1U);
  EXPECT_EQ(Of<ReportFailure>(actions).size(), 2U);
}

TEST(RoundEngine, DoesNotWaitForOneWhoJoinedAndIsGone) {
  RoundEngine engine(Options(2, 1), 77);
  engine.Start(0);
  engine.Step(ClientJoined{0}, 1);
  engine.Step(ClientGone{0}, 2);
  engine.Step(ClientLeft{0}, 3);
  EXPECT_EQ(Of<Send>(engine.Step(ClientJoined{1}, 4)).size(), 1U);
}

TEST(RoundEngine, WaitsForOneWhoCameBack) {
  RoundEngine engine(Options(2, 1), 77);
  engine.Start(0);
  engine.Step(ClientGone{0}, 1);
  engine.Step(ClientJoined{0}, 2);
  engine.Step(ClientLeft{0}, 3);
  EXPECT_TRUE(Of<Send>(engine.Step(ClientJoined{1}, 4)).empty());
}

TEST(RoundEngine, FailsAtOnceWhenNobodyWillJoin) {
  RoundEngine engine(Options(2, 1), 77);
  engine.Start(0);
  EXPECT_TRUE(Of<Finish>(engine.Step(ClientGone{1}, 1)).empty());
  EXPECT_EQ(Of<Finish>(engine.Step(ClientGone{0}, 2)).at(0).exit_code, exit_code::kTooFewClients);
}

TEST(RoundEngine, WithoutRoundsItEndsAlsoWhenSomebodyIsMissing) {
  RoundEngine engine(Options(2, 0), 77);
  const auto timer = Of<SetTimer>(engine.Start(0)).at(0);
  engine.Step(ClientJoined{1}, 1);
  EXPECT_EQ(Of<Finish>(engine.Step(TimerFired{timer.id}, 50)).at(0).outcome, RunOutcome::kDone);
}

TEST(RoundEngine, FailsWhenNobodyJoins) {
  RoundEngine engine(Options(2, 1), 77);
  const auto timer = Of<SetTimer>(engine.Start(0)).at(0);
  EXPECT_EQ(Of<Finish>(engine.Step(TimerFired{timer.id}, 50)).at(0).exit_code,
            exit_code::kTooFewClients);
}

TEST(RoundEngine, CommitsWhenAllHaveAnswered) {
  Running run(Options(3, 2));
  run.AnswerAll(1);
  const auto commit = Of<Commit>(run.last);
  ASSERT_EQ(commit.size(), 1U);
  EXPECT_EQ(commit[0].folded, (std::vector<ClientId>{0, 1, 2}));
}

TEST(RoundEngine, NextRoundTrainsTheCommittedModelBesideItsEvaluation) {
  Running run(Options(3, 2));
  run.AnswerAll(1);
  const EngineActions actions = run.Do(Committed{1, 88});
  EXPECT_EQ(Of<Evaluate>(actions).size(), 1U);
  EXPECT_EQ(Of<Send>(actions).at(0).instruction.round, 2U);
  EXPECT_EQ(Of<Send>(actions).at(0).instruction.model_id, 88U);
}

TEST(RoundEngine, TellsEachClientWhichOfItsAnswersCountedLast) {
  Running run(Options(3, 3));
  const auto counted = [](const EngineActions& actions) {
    std::vector<AskId> by_client;
    for (const Send& send : Of<Send>(actions)) by_client.push_back(send.instruction.counted);
    return by_client;
  };
  run.AnswerAll(1);
  EXPECT_EQ(counted(run.Do(Committed{1, 88})), (std::vector<AskId>{1, 2, 3}));
  run.Do(Evaluated{1});
  // In round 2 client 1 is refused and client 2 leaves.
  run.Do(Update(20, 2, 0));
  run.Do(FoldDone{20});
  run.Do(Refused{AskOf(2, 1), "bad"});
  run.Do(ClientGone{2});
  run.Do(ClientLeft{2});
  ASSERT_EQ(Of<Commit>(run.last).at(0).folded, (std::vector<ClientId>{0}));
  EXPECT_EQ(counted(run.Do(Committed{2, 99})), (std::vector<AskId>{4, 2}));
  // One that comes back is told the same, and so is everybody at the end.
  EXPECT_EQ(counted(run.Do(ClientJoined{2})), (std::vector<AskId>{3}));
  EXPECT_EQ(counted(run.Do(StopRequested{"enough", 1})), (std::vector<AskId>{4, 2, 3}));
}

TEST(RoundEngine, DoesNotCloseBeforeTheRoundBeforeIsEvaluated) {
  Running run(Options(3, 2));
  run.AnswerAll(1);
  run.Do(Committed{1, 88});
  run.AnswerAll(2);
  EXPECT_TRUE(Of<Commit>(run.last).empty());
  EXPECT_EQ(Of<Commit>(run.Do(Evaluated{1})).size(), 1U);
}

TEST(RoundEngine, EvaluatesFirstWhenToldTo) {
  EngineOptions options = Options(3, 2);
  options.evaluate_beside = false;
  Running run(options);
  run.AnswerAll(1);
  EXPECT_TRUE(Of<Send>(run.Do(Committed{1, 88})).empty());
  EXPECT_EQ(Of<Send>(run.Do(Evaluated{1})).size(), 3U);
}

TEST(RoundEngine, FinishesAfterTheLastEvaluationAndTellsEverybodyToLeave) {
  Running run(Options(3, 1));
  run.AnswerAll(1);
  EXPECT_TRUE(Of<Finish>(run.Do(Committed{1, 88})).empty());
  run.Do(Evaluated{1});
  EXPECT_EQ(Of<Finish>(run.last).at(0).outcome, RunOutcome::kDone);
  const auto sent = Of<Send>(run.last);
  ASSERT_EQ(sent.size(), 3U);
  EXPECT_EQ(sent[0].instruction.task, TaskKind::kLeave);
}

TEST(RoundEngine, WhoJoinsAfterTheEndIsToldToLeaveToo) {
  Running run(Options(3, 1));
  run.Do(ClientLeft{2});
  run.Do(StopRequested{"enough", 130});
  const auto sent = Of<Send>(run.Do(ClientJoined{2}));
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].instruction.client, 2U);
  EXPECT_EQ(sent[0].instruction.task, TaskKind::kLeave);
  EXPECT_EQ(sent[0].instruction.reason, "enough");
  EXPECT_EQ(sent[0].instruction.exit_code, 130);
}

TEST(RoundEngine, RefusesASecondUpdate) {
  Running run(Options(3, 1));
  run.Do(Update(1, 1, 0));
  const auto refused = Of<Refuse>(run.Do(Update(2, 1, 0)));
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].code, absl::StatusCode::kAlreadyExists);
}

TEST(RoundEngine, RefusesAnotherRound) {
  Running run(Options(3, 2));
  EXPECT_EQ(Of<Refuse>(run.Do(Update(1, 2, 0))).at(0).code, absl::StatusCode::kFailedPrecondition);
}

TEST(RoundEngine, RefusesAnAskThatThereNeverWas) {
  Running run(Options(3, 1));
  EXPECT_EQ(Of<Refuse>(run.Do(Update(1, 1, 9))).at(0).code, absl::StatusCode::kFailedPrecondition);
}

TEST(RoundEngine, WhoIsNotOfThePopulationIsToldNothingAfterTheEnd) {
  RoundEngine engine(Options(2, 1), 1);
  engine.Start(0);
  engine.Step(StopRequested{"enough", 130}, 1);
  ASSERT_TRUE(engine.finished());
  EXPECT_TRUE(engine.Step(ClientJoined{2}, 2).empty());
}

TEST(RoundEngine, RefusesAWeightThatCouldOverflowASum) {
  Running run(Options(3, 1));
  Answered heavy = Update(1, 1, 0);
  heavy.weight = 1001;
  EXPECT_EQ(Of<Refuse>(run.Do(heavy)).at(0).code, absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Of<ReportFailure>(run.last).at(0).what, FailureKind::kRefused);
}

TEST(RoundEngine, DeadlineClosesWithWhatIsThere) {
  Running run(Options(3, 1));
  const auto timer = Of<SetTimer>(run.last).at(0);
  EXPECT_EQ(timer.at, 101);
  run.Do(Update(1, 1, 2));
  run.Do(FoldDone{1});
  const EngineActions actions = run.Do(TimerFired{timer.id}, 101);
  EXPECT_EQ(Of<Commit>(actions).at(0).folded, (std::vector<ClientId>{2}));
  EXPECT_EQ(Of<ReportFailure>(actions).size(), 2U);
}

TEST(RoundEngine, LateUpdateIsRefused) {
  Running run(Options(3, 1));
  const auto timer = Of<SetTimer>(run.last).at(0);
  run.Do(Update(1, 1, 2));
  run.Do(TimerFired{timer.id}, 101);
  EXPECT_EQ(Of<Refuse>(run.Do(Update(2, 1, 0))).at(0).code, absl::StatusCode::kFailedPrecondition);
}

TEST(RoundEngine, AClientThatIsGoneIsNotWaitedFor) {
  Running run(Options(3, 1));
  run.Do(Update(1, 1, 0));
  run.Do(FoldDone{1});
  run.Do(ClientGone{1});
  run.Do(ClientLeft{1});
  run.Do(ClientLeft{2});
  EXPECT_TRUE(Of<Commit>(run.last).empty());  // it may be back
  EXPECT_EQ(Of<Commit>(run.Do(ClientGone{2})).at(0).folded, (std::vector<ClientId>{0}));
}

TEST(RoundEngine, AClientThatComesBackIsAskedTheSameAgain) {
  Running run(Options(3, 1));
  const Instruction before = Of<Send>(run.last).at(1).instruction;
  EXPECT_EQ(before.client, 1U);
  run.Do(ClientLeft{1});
  EXPECT_EQ(Of<Send>(run.Do(ClientJoined{1})).at(0).instruction, before);
}

TEST(RoundEngine, NoTwoAsksHaveTheSameNumber) {
  EngineOptions options = Options(3, 2);
  options.steps.insert(options.steps.begin(), {.task = TaskKind::kEvaluate, .deadline = 100});
  Running run(options);
  std::set<AskId> seen;
  const auto see = [&] {
    for (const Send& send : Of<Send>(run.last))
      EXPECT_TRUE(seen.insert(send.instruction.id).second);
  };
  see();
  for (AskId ask = 1; ask <= 6; ++ask) {
    run.Do(Answered{.handle = ask, .ask = ask, .weight = 1});
    run.Do(FoldDone{ask});
    see();
  }
  run.Do(Committed{1, 88});
  see();
  EXPECT_EQ(seen.size(), 9U);
}

EngineOptions SlowOptions(std::uint64_t clients, std::uint32_t rounds) {
  EngineOptions options = Options(clients, rounds);
  options.steps[0].deadline = 10 * Presence::kReturnGrace;
  return options;
}

TEST(RoundEngine, ABreakThatTakesAllClientsIsWaitedOut) {
  Running run(SlowOptions(3, 1));
  for (ClientId client = 0; client < 3; ++client) run.Do(ClientLeft{client}, 5);
  EXPECT_TRUE(Of<Finish>(run.last).empty());
  EXPECT_EQ(Of<SetTimer>(run.last).at(0).at, Presence::kReturnGrace + 5);
  // With somebody to wait for it is the deadline that counts again.
  EXPECT_EQ(Of<SetTimer>(run.Do(ClientJoined{1}, 20)).at(0).at, 10 * Presence::kReturnGrace + 1);
  run.Do(ClientJoined{0}, 21);
  run.Do(ClientJoined{2}, 22);
  run.AnswerAll(1);
  EXPECT_EQ(Of<Commit>(run.last).at(0).folded, (std::vector<ClientId>{0, 1, 2}));
}

TEST(RoundEngine, ABreakBetweenTwoRoundsIsWaitedOut) {
  Running run(SlowOptions(3, 2));
  run.AnswerAll(1);
  for (ClientId client = 0; client < 3; ++client) run.Do(ClientLeft{client}, 5);
  EXPECT_TRUE(Of<Finish>(run.Do(Committed{1, 88}, 6)).empty());
  EXPECT_EQ(Of<Send>(run.Do(ClientJoined{1}, 7)).at(0).instruction.round, 2U);
}

TEST(RoundEngine, WhoDoesNotComeBackInTimeIsNotWaitedForLonger) {
  Running run(SlowOptions(3, 1));
  run.Do(Update(1, 1, 0));
  run.Do(FoldDone{1});
  run.Do(ClientLeft{1}, 10);
  const auto timer = Of<SetTimer>(run.Do(ClientLeft{2}, 20)).at(0);
  const EngineActions actions = run.Do(TimerFired{timer.id}, timer.at);
  EXPECT_EQ(Of<Commit>(actions).at(0).folded, (std::vector<ClientId>{0}));
}

TEST(RoundEngine, TheDeadlineIsNotPutOffForThoseWhoLeft) {
  Running run(Options(3, 1));
  run.Do(Update(1, 1, 0));
  run.Do(FoldDone{1});
  run.Do(ClientLeft{1}, 10);
  run.Do(ClientLeft{2}, 20);
  EXPECT_TRUE(Of<SetTimer>(run.last).empty());  // it is due at the deadline still
  EXPECT_EQ(Of<Commit>(run.Do(FoldDone{9}, 101)).size(), 1U);
}

TEST(RoundEngine, ARefusedUpdateIsNotWaitedForButMayBeSentAgain) {
  Running run(Options(3, 1));
  run.Do(Refused{AskOf(1, 1), "NaN"});
  EXPECT_EQ(Of<ReportFailure>(run.last).at(0).what, FailureKind::kRefused);
  EXPECT_EQ(Of<BeginFold>(run.Do(Update(5, 1, 1))).size(), 1U);
}

TEST(RoundEngine, TooFewUpdatesEndTheRun) {
  Running run(Options(3, 5));
  for (ClientId client = 0; client < 3; ++client) {
    run.Do(ClientGone{client});
    run.Do(ClientLeft{client});
  }
  const auto finish = Of<Finish>(run.last).at(0);
  EXPECT_EQ(finish.exit_code, exit_code::kTooFewClients);
  EXPECT_NE(finish.message.find("got 0 of 3 updates and needs 1"), std::string::npos)
      << finish.message;
}

TEST(RoundEngine, StopEndsTheRunAtOnce) {
  Running run(Options(3, 5));
  run.Do(StopRequested{"signal", 130});
  EXPECT_EQ(Of<Finish>(run.last).at(0).exit_code, 130);
  EXPECT_EQ(Of<CloseStep>(run.last).size(), 1U);
}

TEST(RoundEngine, AFailureOfTheCoordinatorsOwnEndsTheRun) {
  Running run(Options(3, 5));
  run.AnswerAll(1);
  run.Do(RunFailed{"disk full"});
  EXPECT_EQ(Of<Finish>(run.last).at(0).outcome, RunOutcome::kFailed);
}

TEST(RoundEngine, FederatedEvaluationIsAStepOfItsOwn) {
  EngineOptions options = Options(3, 1);
  options.steps.insert(options.steps.begin(), {.task = TaskKind::kEvaluate, .deadline = 100});
  Running run(options);
  EXPECT_EQ(Of<Send>(run.last).at(0).instruction.task, TaskKind::kEvaluate);
  for (ClientId client = 0; client < 3; ++client) {
    run.Do(Update(client + 1, 1, client));
    run.Do(FoldDone{client + 1});
  }
  const auto sent = Of<Send>(run.last);
  ASSERT_EQ(sent.size(), 3U);
  EXPECT_EQ(sent[0].instruction.task, TaskKind::kTrain);
  EXPECT_EQ(sent[0].instruction.step, 1U);
}

TEST(RoundEngine, ReplayFoldsTheRecordedSetOnly) {
  EngineOptions options = Options(3, 1);
  options.replay = {{0, 2}};
  Running run(options);
  const auto sent = Of<Send>(run.last);
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[1].instruction.client, 2U);
}

TEST(RoundEngine, AllDroppedIsAnEmptyRound) {
  EngineOptions options = Options(3, 1);
  options.dropout = 1;
  Running run(options);
  const auto commit = Of<Commit>(run.last);
  ASSERT_EQ(commit.size(), 1U);
  EXPECT_TRUE(commit[0].folded.empty());
  EXPECT_EQ(commit[0].dropped.size(), 3U);
}

}  // namespace
}  // namespace fedround::coordinator
