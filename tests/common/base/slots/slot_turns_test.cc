// Whose turn it is, on boards that are filled in for each test.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "common/base/slots/turns.h"

namespace fedround::slots {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Nanos kNow = 1000 * kNanosPerSecond;

class SlotTurns : public ::testing::Test {
 protected:
  SlotTurns() {
    const std::string path = ::testing::TempDir() + "/board_" +
                             ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove(path);
    board = Board::Open(path, kSlots).value();
    us = board->Enter(1, "us", kSlots);
    other = board->Enter(2, "other", kSlots);
    third = board->Enter(3, "third", kSlots);
    // All of them asked long ago.
    for (const std::uint32_t run : {us, other, third}) board->run(run).seen_ns = 1;
  }

  void Asks(std::uint32_t run, Nanos ago = 0) { board->run(run).seen_ns = kNow - ago; }
  void Holds(std::uint32_t run, int slot, Nanos since = kNow) {
    Holding& holding = board->holding(slot, 0);
    holding.run = run;
    holding.pid = 1234;
    holding.since_ns = since;
    holding.held = 1;
  }
  Turns Look(std::uint32_t run, int count = kSlots) {
    Turns turns(*board, run, count, kPidSpace, kNow);
    turns.Look(kNow);
    return turns;
  }
  std::vector<int> MayTake(std::uint32_t run, int count = kSlots) {
    std::vector<int> slots;
    const Turns turns = Look(run, count);
    for (const Place& place : turns.ours()) slots.push_back(place.slot);
    return slots;
  }

  static constexpr int kSlots = 3;
  static constexpr std::uint64_t kPidSpace = 7;  // not the one of the holdings: nobody is stalled
  std::shared_ptr<Board> board;
  std::uint32_t us = 0, other = 0, third = 0;
};

TEST_F(SlotTurns, ARunThatIsAloneMayTakeWhatIsFree) {
  Holds(us, 1);
  EXPECT_THAT(MayTake(us), ElementsAre(0, 2));
}

TEST_F(SlotTurns, TheRunThatHoldsFewerComesFirst) {
  Holds(us, 0);
  Asks(us);
  Asks(other);
  EXPECT_THAT(MayTake(us), IsEmpty());
  EXPECT_THAT(MayTake(other), ElementsAre(1, 2));
}

TEST_F(SlotTurns, ARunThatGaveOneBackAMomentAgoIsWaitedFor) {
  Holds(us, 0);
  Asks(other, /*ago=*/kAsking - 1);
  EXPECT_THAT(MayTake(us), IsEmpty());
  Asks(other, /*ago=*/kAsking);
  EXPECT_THAT(MayTake(us), ElementsAre(1, 2));
}

TEST_F(SlotTurns, NobodyWaitsForEverForARunThatAsksAndDoesNotTake) {
  Holds(us, 0);
  Turns turns(*board, us, kSlots, kPidSpace, kNow);
  for (const Nanos passed : {Nanos{0}, kNanosPerSecond - 1}) {
    board->run(other).seen_ns = kNow + passed;
    turns.Look(kNow + passed);
    EXPECT_THAT(turns.ours(), IsEmpty());
  }
  board->run(other).seen_ns = kNow + kNanosPerSecond;
  turns.Look(kNow + kNanosPerSecond);
  EXPECT_EQ(turns.ours().size(), 2U);
}

TEST_F(SlotTurns, AmongRunsThatHoldAsManyTheOneThatHadLessTimeComesFirst) {
  Asks(us);
  Asks(other);
  board->run(us).used_ns = 2000;
  board->run(other).used_ns = 1999;
  EXPECT_THAT(MayTake(us), IsEmpty());
  EXPECT_THAT(MayTake(other), ElementsAre(0, 1, 2));
}

TEST_F(SlotTurns, TimeOnASlotCountsWhileItIsHeld) {
  Asks(us);
  Asks(other);
  Holds(us, 0, kNow - 5000);
  Holds(other, 1, kNow - 4000);
  EXPECT_THAT(MayTake(us), IsEmpty());
  EXPECT_THAT(MayTake(other), ElementsAre(2));
}

TEST_F(SlotTurns, ARunThatComesStartsWithTheTimeOfTheOneThatHadLeast) {
  Asks(other);
  Asks(third);
  board->run(us).used_ns = 1;
  board->run(other).used_ns = 5000;
  board->run(third).used_ns = 6000;
  Look(us);
  EXPECT_EQ(board->run(us).used_ns, 5000);
}

TEST_F(SlotTurns, ARunThatComesBackIsNotHeldToWhatItHadAlone) {
  Asks(other);
  board->run(us).used_ns = 1'000'000;
  board->run(other).used_ns = 5000;
  Look(us);
  EXPECT_EQ(board->run(us).used_ns, 5000);
}

TEST_F(SlotTurns, ARunThatComesIsLevelWithOneThatHoldsASlotAndAsksForNoMore) {
  Holds(other, 0, kNow - 3000);
  board->run(other).used_ns = 5000;
  Look(us);
  EXPECT_EQ(board->run(us).used_ns, 8000);
}

TEST_F(SlotTurns, ARunKeepsItsTimeWhileItAsksOrHolds) {
  Asks(other);
  board->run(other).used_ns = 5000;
  board->run(us).used_ns = 9000;
  Asks(us);
  Look(us);
  EXPECT_EQ(board->run(us).used_ns, 9000);
  Asks(us, /*ago=*/kAsking);
  Holds(us, 0);
  Look(us);
  EXPECT_EQ(board->run(us).used_ns, 9000);
}

TEST_F(SlotTurns, NobodyWaitsForARunThatCannotTakeTheSlot) {
  board->run(other).slots = 2;
  Asks(other);
  Holds(us, 0);
  EXPECT_THAT(MayTake(us), ElementsAre(2));
}

TEST_F(SlotTurns, NamesAnotherThatHoldsASlot) {
  Holds(us, 0);
  EXPECT_EQ(Look(us).holder_pid(), 0);
  Holds(other, 1);
  EXPECT_EQ(Look(us).holder_pid(), 1234);
  EXPECT_EQ(board->NameOf(Look(us).holder_run()), "run other");
}

TEST_F(SlotTurns, LookingIsAsking) {
  Look(us);
  EXPECT_TRUE(board->run(us).Asks(kNow));
}

TEST_F(SlotTurns, WhatAnotherBootLeftBehindIsOld) {
  board->run(other).seen_ns = kNow + kAsking;
  Holds(us, 0);
  EXPECT_THAT(MayTake(us), ElementsAre(1, 2));
}

// ---- the board itself ----

TEST_F(SlotTurns, ARunKeepsItsNumber) {
  EXPECT_EQ(board->Enter(2, "other", kSlots), other);
  EXPECT_NE(us, other);
}

TEST_F(SlotTurns, ManyRunsTakeThePlacesOfThoseSeenLeastLately) {
  const Nanos now = MonotonicNow();
  board->run(us).seen_ns = now;
  for (std::uint64_t id = 100; id < 100 + kRuns; ++id) {
    const std::uint32_t number = board->Enter(id, "x", 1);
    ASSERT_LT(number, kRuns);
    board->run(us).seen_ns = MonotonicNow();
  }
  EXPECT_EQ(board->Enter(1, "us", kSlots), us);
  EXPECT_NE(board->run(other).id, 2U);
}

TEST_F(SlotTurns, NamesAreCutAndCleaned) {
  EXPECT_EQ(board->NameOf(board->Enter(9, "a\x1b[31m", 1)), "run a?[31m");
  EXPECT_EQ(board->NameOf(board->Enter(10, std::string(1000, 'x'), 1)),
            "run " + std::string(255, 'x'));
  EXPECT_EQ(board->NameOf(kNoRun), "another process");
}

}  // namespace
}  // namespace fedround::slots
