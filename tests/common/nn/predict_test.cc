#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "common/nn/network.h"
#include "common/nn/training/softmax_cross_entropy.h"
#include "tests/common/kernels/random_values.h"

namespace fedround::nn {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;

TEST(Softmax, IsTakenRowByRow) {
  std::vector<float> logits = {0.0f, std::log(3.0f), 1e4f, -1e4f};
  Softmax(logits, 2);
  EXPECT_THAT(logits, ElementsAre(FloatNear(0.25f, 1e-7f), FloatNear(0.75f, 1e-7f), 1.0f,
                                  FloatNear(0.0f, 1e-30f)));
}

TEST(Predict, GivesTheProbabilitiesThatEvaluateScores) {
  constexpr std::size_t kBatch = 13;
  const auto network = Network::Create({.inputs = 7, .classes = 5, .hidden = {11}});
  ASSERT_TRUE(network.ok()) << network.status();
  std::vector<float> parameters(network->parameter_count());
  network->Initialise(3, parameters);
  const std::vector<float> inputs = RandomValues(kBatch * 7, 1);
  const std::vector<std::uint32_t> labels = {0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2};
  Workspace workspace(*network, kBatch);
  std::vector<float> probabilities(kBatch * 5);
  network->Predict(parameters, inputs, probabilities, workspace);

  double loss = 0;
  for (std::size_t n = 0; n < kBatch; ++n) {
    double sum = 0;
    for (std::size_t i = 0; i < 5; ++i) sum += static_cast<double>(probabilities[n * 5 + i]);
    EXPECT_NEAR(sum, 1.0, 1e-6) << n;
    loss -= std::log(static_cast<double>(probabilities[n * 5 + labels[n]]));
  }
  const BatchLoss scored = network->Evaluate(parameters, inputs, labels, workspace);
  EXPECT_NEAR(loss, scored.loss_sum, 1e-5);
}

}  // namespace
}  // namespace fedround::nn
