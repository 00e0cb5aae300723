#include "common/round/cohort.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace fedround {
namespace {

TEST(DrawCohort, IsSortedDistinctAndOfTheSizeAsked) {
  const auto cohort = DrawCohort(1, 5, 1'000'000, 100);
  ASSERT_EQ(cohort.size(), 100U);
  EXPECT_TRUE(std::is_sorted(cohort.begin(), cohort.end()));
  EXPECT_EQ(std::set<ClientId>(cohort.begin(), cohort.end()).size(), 100U);
  EXPECT_LT(cohort.back(), 1'000'000U);
}

TEST(DrawCohort, GivesEveryClientTheSameChance) {
  std::vector<int> drawn(10);
  for (std::uint32_t round = 1; round <= 10000; ++round) {
    for (const ClientId client : DrawCohort(1, round, 10, 3)) ++drawn[client];
  }
  for (const int count : drawn) EXPECT_NEAR(count, 3000, 200);
}

TEST(DropsOut, HappensWithItsProbability) {
  int dropped = 0;
  for (ClientId client = 0; client < 10000; ++client)
    dropped += DropsOut(1, 1, client, 0.3) ? 1 : 0;
  EXPECT_NEAR(dropped, 3000, 200);
  EXPECT_FALSE(DropsOut(1, 1, 0, 0));
  EXPECT_TRUE(DropsOut(1, 1, 0, 1));
}

}  // namespace
}  // namespace fedround
