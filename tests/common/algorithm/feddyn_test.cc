// FedDyn by hand, and on clients whose losses are parabolas.
#include <gtest/gtest.h>

#include <vector>

#include "tests/common/algorithm/algorithm_tools.h"

namespace fedround::algorithm {
namespace {

TEST(FedDyn, TakesThePapersSteps) {
  Halves halves("feddyn", {{"alpha", 0.5}}, /*clients=*/4, {0, 0, 0});
  EXPECT_EQ(halves.plan.proximal_mu, 0.5);
  EXPECT_EQ(halves.Drift(0, 0), (std::vector<float>{0, 0, 0}));
  const Sent first = halves.Work(0, {1, 0, -2}, 4, 1, 0, /*weight=*/100);
  const Sent second = halves.Work(1, {3, 0, 0}, 4, 2, 0);
  // h = -0.5 * (4, 0, -2) / 4; w = (4, 0, -2) / 2 - h / 0.5: whatever the weights.
  EXPECT_EQ(halves.Apply({first, second}), (std::vector<float>{3, 0, -1.5F}));
  // g = 0 - 0.5 * update; its negative is added to each gradient.
  EXPECT_EQ(halves.Drift(0, 1), (std::vector<float>{0.5F, 0, -1}));
}

// Losses a_k / 2 (w - t_k)^2; all clients train to the end in each round.
TEST(FedDyn, ConvergesToTheMinimumOfTheWhole) {
  constexpr float kCurvature[] = {1, 4, 2};
  constexpr float kTarget[] = {5, -1, 0};
  Halves halves("feddyn", {{"alpha", 1.0}}, 3, {0});
  AskId ask = 0;
  for (int round = 0; round < 200; ++round) {
    std::vector<Sent> answers;
    for (ClientId k = 0; k < 3; ++k) {
      const AskId counted = round == 0 ? 0 : 3 * static_cast<AskId>(round - 1) + k + 1;
      const float drift = halves.Drift(k, counted)[0];
      // a (w - t) + drift + alpha (w - model) = 0
      const float w = (kCurvature[k] * kTarget[k] - drift + halves.model[0]) / (kCurvature[k] + 1);
      answers.push_back(halves.Work(k, {w - halves.model[0]}, 10, ++ask, counted));
    }
    halves.Apply(answers);
  }
  EXPECT_NEAR(halves.model[0], 1.0F / 7, 1e-4);  // (5 - 4 + 0) / (1 + 4 + 2)
}

}  // namespace
}  // namespace fedround::algorithm
