// SCAFFOLD by hand, and on clients whose losses are parabolas.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/common/algorithm/algorithm_tools.h"

namespace fedround::algorithm {
namespace {

TEST(Scaffold, TakesItsControlVariatesByOptionTwo) {
  Halves halves("scaffold", {}, /*clients=*/4, {0, 0, 0});
  halves.plan.learning_rate = 0.5;
  // Nothing is known in round 1: it is FedAvg.
  EXPECT_EQ(halves.Drift(0, 0), (std::vector<float>{0, 0, 0}));
  // Two of four clients answer. c_i+ = 0 - 0 + (w - y) / (K eta) = -update / (4 * 0.5).
  const Sent first = halves.Work(0, {1, 0, -2}, 4, 1, 0);
  EXPECT_EQ(first.values, (std::vector<float>{1, 0, -2, -0.5F, 0, 1}));
  const Sent second = halves.Work(1, {3, 0, 0}, 2, 2, 0);  // of half as many steps
  EXPECT_EQ(second.values, (std::vector<float>{3, 0, 0, -3, 0, 0}));
  EXPECT_EQ(halves.Apply({first, second}), (std::vector<float>{2, 0, -1}));
  // c = (c_0 + c_1) / 4: the sum over those who answered, divided by all.
  EXPECT_EQ(halves.down[0], (std::vector<float>{-0.875F, 0, 0.25F}));
  // c - c_i.
  EXPECT_EQ(halves.Drift(0, 1), (std::vector<float>{-0.375F, 0, -0.75F}));
  EXPECT_EQ(halves.Drift(2, 0), (std::vector<float>{-0.875F, 0, 0.25F}));
  // c_0+ = c_0 - c + (w - y) / (K eta) = -0.5 + 0.875 - 0.5.
  EXPECT_EQ(halves.Work(0, {1, 0, 0}, 4, 3, 1).values[3], -0.125F - -0.5F);
}

TEST(Scaffold, AClientThatTakesNoStepKeepsItsOwn) {
  Halves halves("scaffold", {}, 2, {0, 0, 0});
  halves.Apply({halves.Work(0, {1, 2, 3}, 4, 1, 0)});
  const Sent idle = halves.Work(0, {0, 0, 0}, 0, 2, 1);
  EXPECT_EQ(idle.values, (std::vector<float>(6, 0)));
}

TEST(Scaffold, RefusesMomentum) {
  RoundPlan plan;
  EXPECT_TRUE(CheckAlgorithm({"scaffold", {}}, plan).ok());
  plan.momentum = 0.9;
  EXPECT_NE(CheckAlgorithm({"scaffold", {}}, plan).message().find("training.momentum = 0.9"),
            absl::string_view::npos);
}

// Clients whose losses are a_k / 2 (w - t_k)^2, and only `cohort` of them in each round, in turn.
// Returns the last model, and checks that c is the mean of all c_i after every round.
float TrainOnParabolas(const std::string& algorithm, int rounds) {
  constexpr float kCurvature[] = {1, 4, 2, 0.5F, 3};
  constexpr float kTarget[] = {5, -1, 0, 2, -3};
  constexpr int kCohort = 2;
  constexpr int kSteps = 10;
  Halves halves(algorithm, {}, 5, {0});
  halves.plan.learning_rate = 0.05;
  std::vector<AskId> counted(5, 0);
  AskId ask = 0;
  for (int round = 0; round < rounds; ++round) {
    std::vector<Sent> answers;
    for (int i = 0; i < kCohort; ++i) {
      const auto k = static_cast<ClientId>((round * kCohort + i) % 5);
      const float drift = halves.Drift(k, counted[k])[0];
      float w = halves.model[0];
      for (int step = 0; step < kSteps; ++step) {
        w -= 0.05F * (kCurvature[k] * (w - kTarget[k]) + drift);
      }
      answers.push_back(halves.Work(k, {w - halves.model[0]}, kSteps, ++ask, counted[k]));
      counted[k] = ask;
    }
    halves.Apply(answers);
    if (algorithm != "scaffold") continue;
    double sum = 0;
    for (ClientId k = 0; k < 5; ++k) {
      EXPECT_TRUE(halves.states[k].Settle(counted[k]).ok());
      const auto own = halves.states[k].Find("control");
      sum += own.empty() ? 0.0 : static_cast<double>(own[0]);
    }
    EXPECT_NEAR(static_cast<double>(halves.down[0][0]), sum / 5, 1e-6) << "round " << round;
  }
  return halves.model[0];
}

TEST(Scaffold, ConvergesToTheMinimumOfTheWholeWhereFedAvgDoesNot) {
  // sum a_k (w - t_k) = 0 at (5 - 4 + 0 + 1 - 9) / 10.5.
  constexpr float kMinimum = -7 / 10.5F;
  EXPECT_NEAR(TrainOnParabolas("scaffold", 400), kMinimum, 1e-4);
  EXPECT_GT(std::abs(TrainOnParabolas("fedavg", 400) - kMinimum), 0.05F);
}

}  // namespace
}  // namespace fedround::algorithm
