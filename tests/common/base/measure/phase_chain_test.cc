#include "common/base/measure/phase_chain.h"

#include <gtest/gtest.h>

#include <numeric>

namespace fedround {
namespace {

enum class Phase { kWait, kWork, kRest };
using Chain = PhaseChain<Phase, 3>;

// The processor time that the next mark of a chain reads.
Nanos cpu = 0;
Nanos FakeCpu() { return cpu; }

Nanos SumOfPhases(const Chain& chain) {
  Nanos wall[3], unused[3];
  chain.CopyTo(wall, unused);
  return std::accumulate(wall, wall + 3, Nanos{0});
}

TEST(PhaseChain, PhasesAddUpToWhatPassed) {
  Chain chain(FakeCpu);
  chain.Start(100);
  chain.End(Phase::kWait, 107);
  chain.End(Phase::kWork, 120);
  chain.End(Phase::kRest, 121);
  EXPECT_EQ(chain.wall(Phase::kWait), 7);
  EXPECT_EQ(chain.wall(Phase::kWork), 13);
  EXPECT_EQ(chain.wall(Phase::kRest), 1);
  EXPECT_EQ(chain.start() + SumOfPhases(chain), chain.last());
}

TEST(PhaseChain, APhaseThatComesAgainAddsToWhatItTook) {
  Chain chain(FakeCpu);
  chain.Start(0);
  chain.End(Phase::kWait, 5);
  chain.End(Phase::kWork, 6);
  chain.End(Phase::kWait, 16);
  EXPECT_EQ(chain.wall(Phase::kWait), 15);
  EXPECT_EQ(SumOfPhases(chain), 16);
}

TEST(PhaseChain, RestartGoesOnWhereItEnded) {
  Chain chain(FakeCpu);
  chain.Start(0);
  chain.End(Phase::kWork, 50);
  chain.Restart();
  EXPECT_EQ(chain.start(), 50);
  EXPECT_EQ(SumOfPhases(chain), 0);
  chain.End(Phase::kWait, 58);
  EXPECT_EQ(chain.wall(Phase::kWait), 8);
  EXPECT_EQ(chain.start() + SumOfPhases(chain), 58);
}

TEST(PhaseChain, BooksProcessorTimeBesideWallTime) {
  Chain chain(FakeCpu);
  cpu = 1000;
  chain.Start(0);
  cpu = 1002;
  chain.End(Phase::kWait, 10);
  cpu = 1009;
  chain.End(Phase::kWork, 20);
  Nanos wall[3], booked[3];
  chain.CopyTo(wall, booked);
  EXPECT_EQ(booked[static_cast<int>(Phase::kWait)], 2);
  EXPECT_EQ(booked[static_cast<int>(Phase::kWork)], 7);
  EXPECT_EQ(booked[static_cast<int>(Phase::kRest)], 0);
}

TEST(PhaseChain, ProcessorTimeBetweenTwoChainsBelongsToTheSecond) {
  Chain chain(FakeCpu);
  cpu = 0;
  chain.Start(0);
  cpu = 4;
  chain.End(Phase::kWork, 10);
  chain.Restart();
  cpu = 9;
  chain.End(Phase::kWait, 20);
  Nanos wall[3], booked[3];
  chain.CopyTo(wall, booked);
  EXPECT_EQ(booked[static_cast<int>(Phase::kWait)], 5);
  EXPECT_EQ(booked[static_cast<int>(Phase::kWork)], 0);
}

}  // namespace
}  // namespace fedround
