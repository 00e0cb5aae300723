// Steps of a round: who is asked, how many answers are enough, and what follows from too few.
#include <gtest/gtest.h>

#include <map>
#include <utility>
#include <vector>

#include "tests/coordinator/engine/engine_tools.h"

namespace fedround::coordinator {
namespace {

// An engine of four clients, all of which have joined.
class Steps {
 public:
  explicit Steps(EngineOptions options) : engine(std::move(options), 77) {
    engine.Start(0);
    for (ClientId client = 0; client < 4; ++client) Do(ClientJoined{client});
  }
  void Do(const EngineEvent& event, Nanos now = 2) {
    last = engine.Step(event, now);
    for (const Send& send : Of<Send>(last)) asks[send.instruction.client] = send.instruction.id;
  }
  // The client's answer to its last ask comes and is folded.
  void Answer(ClientId client) {
    Do(Answered{.handle = asks[client], .ask = asks[client], .weight = 1});
    Do(FoldDone{asks[client]});
  }
  std::vector<ClientId> Asked() const {
    std::vector<ClientId> clients;
    for (const Send& send : Of<Send>(last)) clients.push_back(send.instruction.client);
    return clients;
  }
  RoundEngine engine;
  EngineActions last;
  std::map<ClientId, AskId> asks;
};

EngineOptions WithTarget(std::uint64_t target) {
  EngineOptions options = Options(4, 2);
  options.steps[0].target = target;
  return options;
}

TEST(Steps, EnoughAnswersEndTheStep) {
  Steps steps(WithTarget(2));
  steps.Answer(3);
  EXPECT_TRUE(Of<CloseStep>(steps.last).empty());
  steps.Answer(1);
  EXPECT_EQ(Of<Commit>(steps.last).at(0).folded, (std::vector<ClientId>{1, 3}));
}

TEST(Steps, TheOthersAreWithdrawnWhenEnoughAreBeingFolded) {
  Steps steps(WithTarget(2));
  for (const ClientId client : {3U, 1U}) {
    steps.Do(Answered{.handle = client, .ask = steps.asks[client], .weight = 1});
  }
  EXPECT_EQ(Of<CloseStep>(steps.last).size(), 1U);
  const auto failures = Of<ReportFailure>(steps.last);
  ASSERT_EQ(failures.size(), 2U);
  EXPECT_EQ(failures[0].client, 0U);
  EXPECT_EQ(failures[0].what, FailureKind::kWithdrawn);
  steps.Do(Answered{.handle = 9, .ask = steps.asks[0], .weight = 1});
  EXPECT_EQ(Of<Refuse>(steps.last).at(0).code, absl::StatusCode::kFailedPrecondition);
}

TEST(Steps, ATargetDoesNotWaitForThoseWhoAreAway) {
  Steps steps(WithTarget(2));
  steps.Do(ClientLeft{0});
  steps.Answer(3);
  steps.Answer(1);
  EXPECT_EQ(Of<Commit>(steps.last).size(), 1U);
}

TEST(Steps, AReplayTakesTheSetWhateverTheTarget) {
  EngineOptions options = WithTarget(1);
  options.replay = {{1, 3}, {0}};
  Steps steps(options);
  steps.Answer(3);
  EXPECT_TRUE(Of<CloseStep>(steps.last).empty());
  steps.Answer(1);
  EXPECT_EQ(Of<Commit>(steps.last).at(0).folded, (std::vector<ClientId>{1, 3}));
}

EngineOptions TwoSteps() {
  EngineOptions options = Options(4, 2);
  options.steps[0].who = StepSpec::Who::kThoseWhoAnswered;
  options.steps.insert(options.steps.begin(), {.task = TaskKind::kEvaluate, .deadline = 100});
  return options;
}

TEST(Steps, AStepMayAskThoseOnlyWhoAnsweredTheOneBefore) {
  Steps steps(TwoSteps());
  steps.Answer(0);
  steps.Answer(2);
  steps.Do(ClientLeft{1});
  steps.Do(Refused{steps.asks[3], "bad"});
  steps.Do(ClientGone{1});
  EXPECT_EQ(steps.Asked(), (std::vector<ClientId>{0, 2}));
  // One that comes back now did not answer then.
  steps.Do(ClientJoined{1});
  EXPECT_TRUE(steps.Asked().empty());
  steps.Answer(0);
  steps.Answer(2);
  EXPECT_EQ(Of<Commit>(steps.last).at(0).folded, (std::vector<ClientId>{0, 2}));
}

EngineOptions ThreeNeeded(std::uint32_t max_abandoned) {
  EngineOptions options = Options(4, 5);
  options.steps[0].min = 3;
  options.max_abandoned = max_abandoned;
  return options;
}

// Two answer, and the other two fail.
void AnswerTooFew(Steps& steps) {
  steps.Answer(0);
  steps.Answer(1);
  steps.Do(Refused{steps.asks[2], "bad"});
  steps.Do(Refused{steps.asks[3], "bad"});
}

TEST(Steps, TooFewAnswersAbandonTheRound) {
  Steps steps(ThreeNeeded(2));
  AnswerTooFew(steps);
  const auto commit = Of<Commit>(steps.last);
  ASSERT_EQ(commit.size(), 1U);
  EXPECT_TRUE(commit[0].folded.empty());
  EXPECT_EQ(commit[0].abandoned, "round 1 got 2 of 4 updates and needs 3 (federation.min_updates)");
  // Those who answered learn from the record why theirs does not count.
  EXPECT_EQ(Of<ReportFailure>(steps.last).back().what, FailureKind::kAbandoned);
  steps.Do(Committed{1, 77});
  const auto sent = Of<Send>(steps.last);
  ASSERT_EQ(sent.size(), 4U);
  EXPECT_EQ(sent[0].instruction.round, 2U);
  EXPECT_EQ(sent[0].instruction.counted, 0U);  // what it staged is void
}

TEST(Steps, TooManyAbandonedRoundsInARowEndTheRun) {
  Steps steps(ThreeNeeded(2));
  for (std::uint32_t round = 1; round <= 2; ++round) {
    AnswerTooFew(steps);
    steps.Do(Committed{round, 77});
    steps.Do(Evaluated{round});
  }
  AnswerTooFew(steps);
  const auto finish = Of<Finish>(steps.last);
  ASSERT_EQ(finish.size(), 1U);
  EXPECT_EQ(finish[0].exit_code, exit_code::kTooFewClients);
  EXPECT_EQ(
      finish[0].message,
      "round 3 got 2 of 4 updates and needs 3 (federation.min_updates); before it, 2 in a row "
      "had been abandoned (federation.max_abandoned)");
}

TEST(Steps, AGoodRoundEndsTheRowOfAbandonedOnes) {
  Steps steps(ThreeNeeded(1));
  AnswerTooFew(steps);
  steps.Do(Committed{1, 77});
  steps.Do(Evaluated{1});
  for (ClientId client = 0; client < 4; ++client) steps.Answer(client);
  steps.Do(Committed{2, 88});
  steps.Do(Evaluated{2});
  AnswerTooFew(steps);
  EXPECT_TRUE(Of<Finish>(steps.last).empty());
  EXPECT_EQ(Of<Commit>(steps.last).size(), 1U);
}

TEST(Steps, WhatIsAbandonedWaitsForTheEvaluationBefore) {
  Steps steps(ThreeNeeded(1));
  for (ClientId client = 0; client < 4; ++client) steps.Answer(client);
  steps.Do(Committed{1, 88});
  AnswerTooFew(steps);
  EXPECT_TRUE(Of<Commit>(steps.last).empty());
  steps.Do(Evaluated{1});
  EXPECT_EQ(Of<Commit>(steps.last).size(), 1U);
}

}  // namespace
}  // namespace fedround::coordinator
