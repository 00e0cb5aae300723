#include "coordinator/rpc/service/life_probe.h"

#include <gtest/gtest.h>

namespace fedround::coordinator {
namespace {

using Verdict = LifeProbe::Verdict;

constexpr Nanos kSoon = LifeProbe::kPatience / 4;

TEST(LifeProbe, AsksOnceAndWaits) {
  LifeProbe probe;
  EXPECT_EQ(probe.Claimed(100), Verdict::kAsk);
  EXPECT_EQ(probe.Claimed(100 + kSoon), Verdict::kWait);
}

// As many claims as it takes, as close together as they count, after a ping at `asked`.
void ClaimOften(LifeProbe& probe, Nanos asked) {
  for (int i = 1; i <= LifeProbe::kFewestWaits; ++i) {
    ASSERT_EQ(probe.Claimed(asked + i * LifeProbe::kClaimGap), Verdict::kWait);
  }
}

TEST(LifeProbe, GivesTheClaimantThePlaceOfWhoDoesNotAnswer) {
  LifeProbe probe;
  probe.Claimed(100);
  ClaimOften(probe, 100);
  EXPECT_EQ(probe.Claimed(99 + LifeProbe::kPatience), Verdict::kWait);
  EXPECT_EQ(probe.Claimed(100 + LifeProbe::kPatience), Verdict::kDead);
}

TEST(LifeProbe, TakesNoPlaceBeforeEnoughClaimsHaveWaited) {
  LifeProbe probe;
  probe.Claimed(100);
  const Nanos resumed = 100 + LifeProbe::kPatience + kSoon;  // after a pause of the coordinator
  for (int i = 0; i < LifeProbe::kFewestWaits; ++i) {
    EXPECT_EQ(probe.Claimed(resumed + i * LifeProbe::kClaimGap), Verdict::kWait);
  }
  EXPECT_EQ(probe.Claimed(resumed + LifeProbe::kFewestWaits * LifeProbe::kClaimGap),
            Verdict::kDead);
}

TEST(LifeProbe, ABurstOfClaimsCountsOnce) {
  LifeProbe probe;
  probe.Claimed(100);
  for (int i = 0; i < 10 * LifeProbe::kFewestWaits; ++i) {
    EXPECT_EQ(probe.Claimed(100 + LifeProbe::kPatience + i), Verdict::kWait);
  }
}

TEST(LifeProbe, AsksAgainOnceNobodyHasClaimedThePlaceForLong) {
  LifeProbe probe;
  probe.Claimed(100);
  ClaimOften(probe, 100);
  const Nanos last = 100 + LifeProbe::kFewestWaits * LifeProbe::kClaimGap;
  const std::uint64_t lost = probe.id();
  EXPECT_EQ(probe.Claimed(last + LifeProbe::kForgotten + 1), Verdict::kAsk);
  EXPECT_NE(probe.id(), lost);
  EXPECT_EQ(probe.Claimed(last + LifeProbe::kForgotten + kSoon), Verdict::kWait);
}

TEST(LifeProbe, AnAnswerCountsForAWhile) {
  LifeProbe probe;
  probe.Claimed(100);
  probe.Answered(probe.id(), 200);
  EXPECT_EQ(probe.Claimed(200 + kSoon), Verdict::kAlive);
  EXPECT_EQ(probe.Claimed(200 + LifeProbe::kFresh), Verdict::kAsk);
  EXPECT_EQ(probe.Claimed(200 + LifeProbe::kFresh + kSoon), Verdict::kWait);
}

TEST(LifeProbe, ALateAnswerCountsAsLongAsNobodyHasTakenThePlace) {
  LifeProbe probe;
  probe.Claimed(100);
  probe.Answered(probe.id(), 100 + 10 * LifeProbe::kPatience);
  EXPECT_EQ(probe.Claimed(101 + 10 * LifeProbe::kPatience), Verdict::kAlive);
}

TEST(LifeProbe, AnAnswerToAnotherPingIsNone) {
  LifeProbe probe;
  probe.Answered(0, 50);
  EXPECT_EQ(probe.Claimed(100), Verdict::kAsk);
  probe.Answered(probe.id() + 1, 200);
  ClaimOften(probe, 100);
  EXPECT_EQ(probe.Claimed(100 + LifeProbe::kPatience), Verdict::kDead);
}

}  // namespace
}  // namespace fedround::coordinator
