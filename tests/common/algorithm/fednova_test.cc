// FedNova by hand: two clients that train ten steps and one.
#include <gtest/gtest.h>

#include <vector>

#include "tests/common/algorithm/algorithm_tools.h"

namespace fedround::algorithm {
namespace {

TEST(FedNova, CountsEachClientsWayAlike) {
  Halves halves("fednova", {}, 2, {0, 0, 0});
  const Sent far = halves.Work(0, {10, 0, 5}, /*steps=*/10, 1, 0, /*weight=*/3);
  const Sent near = halves.Work(1, {0, 2, 1}, /*steps=*/1, 2, 0, /*weight=*/1);
  EXPECT_EQ(far.values, (std::vector<float>{1, 0, 0.5F}));  // update / 10
  EXPECT_EQ(far.scalars, (std::vector<std::uint64_t>{10 << 16}));
  EXPECT_EQ(near.scalars, (std::vector<std::uint64_t>{1 << 16}));
  // The mean way is (3 * 10 + 1 * 1) / 4 = 7.75, the mean direction (3 d_0 + d_1) / 4: so client 0,
  // ten times as far, has 3 / 4 of the step, as its examples say, and not 30 / 31.
  EXPECT_EQ(halves.Apply({far, near}),
            (std::vector<float>{7.75F * 0.75F, 7.75F * 0.5F, 7.75F * 0.625F}));
}

TEST(FedNova, IsFedAvgIfAllTrainAlike) {
  Halves nova("fednova", {}, 2), avg("fedavg", {}, 2);
  nova.Apply({nova.Work(0, {0.5F, 0.25F, -1}, 4, 1, 0, 3), nova.Work(1, {1, 2, 3}, 4, 2, 0)});
  avg.Apply({{0, 3, {0.5F, 0.25F, -1}}, {1, 1, {1, 2, 3}}});
  EXPECT_EQ(nova.model, avg.model);
}

TEST(FedNova, KnowsHowFarMomentumReaches) {
  Halves halves("fednova", {}, 1, {0, 0, 0});
  halves.plan.momentum = 0.5;
  // Three steps: 1 + (1 + .5) + (1 + .5 + .25) = 4.25.
  EXPECT_EQ(halves.Work(0, {4.25F, 0, 0}, 3, 1, 0).values[0], 1.0F);
}

}  // namespace
}  // namespace fedround::algorithm
