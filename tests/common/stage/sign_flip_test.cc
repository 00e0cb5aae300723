#include <gtest/gtest.h>

#include <vector>

#include "common/stage/stage.h"

namespace fedround::stage {
namespace {

// Which of the clients flip, and that the others change nothing.
std::vector<ClientId> Adversaries(double share, const Population& population) {
  const auto stage =
      MakeStage("stage", {"sign_flip", {{"share", share}, {"scale", 2.0}}}, population).value();
  std::vector<ClientId> adversaries;
  for (ClientId client = 0; client < population.clients; ++client) {
    std::vector<float> update = {1, -3};
    Metrics metrics;
    stage->Apply(client, update, metrics);
    if (update != std::vector<float>{1, -3}) {
      EXPECT_EQ(update, (std::vector<float>{-2, 6}));
      adversaries.push_back(client);
    }
    EXPECT_EQ(metrics.at("sign_flip.flipped"), update[0] == -2.0F ? 1 : 0);
  }
  return adversaries;
}

TEST(SignFlip, IsDoneByTheShareOfTheClients) {
  EXPECT_EQ(Adversaries(0, {1, 10}).size(), 0U);
  EXPECT_EQ(Adversaries(0.24, {1, 10}).size(), 2U);
  EXPECT_EQ(Adversaries(0.26, {1, 10}).size(), 3U);
  EXPECT_EQ(Adversaries(1, {1, 10}).size(), 10U);
}

TEST(SignFlip, IsDoneByClientsThatFollowFromTheSeed) {
  EXPECT_EQ(Adversaries(0.3, {1, 1000}), Adversaries(0.3, {1, 1000}));
  EXPECT_NE(Adversaries(0.3, {1, 1000}), Adversaries(0.3, {2, 1000}));
}

}  // namespace
}  // namespace fedround::stage
