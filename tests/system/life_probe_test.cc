#include "coordinator/rpc/life_probe.h"

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

TEST(LifeProbe, GivesTheClaimantThePlaceOfWhoDoesNotAnswer) {
  LifeProbe probe;
  probe.Claimed(100);
  EXPECT_EQ(probe.Claimed(99 + LifeProbe::kPatience), Verdict::kWait);
  EXPECT_EQ(probe.Claimed(100 + LifeProbe::kPatience), Verdict::kDead);
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
  EXPECT_EQ(probe.Claimed(100 + LifeProbe::kPatience), Verdict::kDead);
}

}  // namespace
}  // namespace fedround::coordinator
