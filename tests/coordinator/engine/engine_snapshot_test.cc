// What a snapshot of the engine must be to be restored. That a restored engine goes on like the one
// it was taken from is shown in round_engine_schedules_test.cc.
#include <gtest/gtest.h>

#include "fedround/v1/checkpoint.pb.h"
#include "tests/coordinator/engine/engine_tools.h"

namespace fedround::coordinator {
namespace {

// Whether an engine takes the snapshot of one that asks three clients, after `change`.
bool Restores(void (*change)(v1::EngineSnapshot& snapshot)) {
  RoundEngine engine(Options(3, 1), 77);
  engine.Start(0);
  for (ClientId client = 0; client < 3; ++client) engine.Step(ClientJoined{client}, 1);
  v1::EngineSnapshot snapshot;
  EXPECT_TRUE(snapshot.ParseFromString(engine.Snapshot()));
  change(snapshot);
  return RoundEngine(Options(3, 1), 77).Restore(snapshot.SerializeAsString()).ok();
}

TEST(EngineSnapshot, IsRestored) {
  EXPECT_TRUE(Restores([](v1::EngineSnapshot&) {}));
}

TEST(EngineSnapshot, IsNotGarbage) {
  EXPECT_FALSE(RoundEngine(Options(3, 1), 77).Restore("\xff\xff\xff").ok());
}

TEST(EngineSnapshot, IsOfTheSamePopulation) {
  EXPECT_FALSE(Restores([](v1::EngineSnapshot& snapshot) { snapshot.set_clients(4); }));
}

TEST(EngineSnapshot, HasNoOneReturnWhoIsThere) {
  EXPECT_FALSE(
      Restores([](v1::EngineSnapshot& snapshot) { snapshot.add_returning()->set_client(1); }));
}

TEST(EngineSnapshot, HasEverybodyConnectedWhoIsAsked) {
  EXPECT_FALSE(Restores([](v1::EngineSnapshot& snapshot) {
    snapshot.clear_connected();
    snapshot.add_connected(0);
  }));
}

TEST(EngineSnapshot, HasTheCohortForMembers) {
  EXPECT_FALSE(
      Restores([](v1::EngineSnapshot& snapshot) { snapshot.mutable_cohort()->RemoveLast(); }));
}

TEST(EngineSnapshot, HasADeadlineWhileAnswersComeIn) {
  EXPECT_FALSE(Restores([](v1::EngineSnapshot& snapshot) { snapshot.set_timer_at(0); }));
}

TEST(EngineSnapshot, HasNobodyAskedWhileARoundIsCommitted) {
  constexpr std::uint32_t kCommitting = 3;
  EXPECT_FALSE(Restores([](v1::EngineSnapshot& snapshot) { snapshot.set_state(kCommitting); }));
}

TEST(EngineSnapshot, EvaluatesNoRoundButTheOneBefore) {
  EXPECT_FALSE(Restores([](v1::EngineSnapshot& snapshot) { snapshot.set_evaluating(1); }));
}

TEST(EngineSnapshot, IsWithinTheRun) {
  EXPECT_FALSE(Restores([](v1::EngineSnapshot& snapshot) { snapshot.set_round(2); }));
  EXPECT_FALSE(Restores([](v1::EngineSnapshot& snapshot) { snapshot.set_step(1); }));
}

TEST(EngineSnapshot, FoldsOnlyWhatMembersSent) {
  EXPECT_FALSE(Restores([](v1::EngineSnapshot& snapshot) {
    v1::EngineSnapshot::Folding& folding = *snapshot.add_folding();
    folding.set_handle(1);
    folding.set_client(0);
  }));
}

}  // namespace
}  // namespace fedround::coordinator
