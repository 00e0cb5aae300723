#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "experiments/launch/launcher.h"

namespace fedround::launch {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

TEST(SpreadClients, GivesEachClientAProcessByDefault) {
  EXPECT_THAT(SpreadClients(3, 0), ElementsAre(ElementsAre(0), ElementsAre(1), ElementsAre(2)));
}

TEST(SpreadClients, DealsEvenlyInConsecutiveRuns) {
  EXPECT_THAT(SpreadClients(7, 3),
              ElementsAre(ElementsAre(0, 1, 2), ElementsAre(3, 4), ElementsAre(5, 6)));
}

TEST(SpreadClients, NeverMakesAnEmptyProcess) { EXPECT_THAT(SpreadClients(2, 5), SizeIs(2)); }

}  // namespace
}  // namespace fedround::launch
