#include "common/nn/training/softmax_cross_entropy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/common/kernels/random_values.h"

namespace fedround::nn {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::FloatNear;

using Labels = std::vector<std::uint32_t>;

TEST(SoftmaxCrossEntropy, LossOfEqualLogitsIsTheLogarithmOfTheClasses) {
  std::vector<float> logits(10, 3.5f);
  EXPECT_NEAR(SoftmaxCrossEntropy(logits, Labels{4}).loss_sum, std::log(10.0), 1e-7);
}

TEST(SoftmaxCrossEntropy, LossIsSummedOverTheBatch) {
  std::vector<float> logits(40, 0.0f);
  EXPECT_NEAR(SoftmaxCrossEntropy(logits, Labels{1, 2, 3, 4}).loss_sum, 4 * std::log(10.0), 1e-6);
}

TEST(SoftmaxCrossEntropy, GradientIsProbabilityLessTargetOverBatch) {
  std::vector<float> logits = {0.0f, std::log(3.0f), 0.0f, 0.0f};
  SoftmaxCrossEntropy(logits, Labels{0, 1});
  EXPECT_THAT(logits, ElementsAre(FloatNear(-0.375f, 1e-7f), FloatNear(0.375f, 1e-7f),
                                  FloatNear(0.25f, 1e-7f), FloatNear(-0.25f, 1e-7f)));
}

TEST(SoftmaxCrossEntropy, GradientOfARowSumsToZero) {
  std::vector<float> logits = RandomValues(67, 1);
  SoftmaxCrossEntropy(logits, Labels{5});
  double sum = 0;
  for (const float value : logits) sum += static_cast<double>(value);
  EXPECT_NEAR(sum, 0.0, 1e-6);
}

TEST(SoftmaxCrossEntropy, HugeLogitsGiveTheirDifferenceAsLoss) {
  std::vector<float> logits = {1e4f, -1e4f, 0.0f};
  EXPECT_DOUBLE_EQ(SoftmaxCrossEntropy(logits, Labels{1}).loss_sum, 2e4);
}

TEST(SoftmaxCrossEntropy, HugeLogitsGiveAFiniteGradient) {
  std::vector<float> logits = {1e4f, -1e4f, 0.0f};
  SoftmaxCrossEntropy(logits, Labels{1});
  EXPECT_THAT(logits, ElementsAre(1.0f, -1.0f, FloatNear(0.0f, 1e-30f)));
}

TEST(SoftmaxCrossEntropy, CertainAndRightCostsNothing) {
  std::vector<float> logits = {-1e4f, 1e4f};
  EXPECT_NEAR(SoftmaxCrossEntropy(logits, Labels{1}).loss_sum, 0.0, 1e-30);
}

TEST(SoftmaxCrossEntropy, CountsHits) {
  std::vector<float> logits = {1, 2, 3, /**/ 3, 2, 1, /**/ 1, 3, 2};
  EXPECT_EQ(SoftmaxCrossEntropy(logits, Labels{2, 2, 1}).correct, 2u);
}

TEST(SoftmaxCrossEntropy, FirstOfEqualLogitsIsTheAnswer) {
  std::vector<float> logits = {0, 7, 7, /**/ 0, 7, 7};
  EXPECT_EQ(SoftmaxCrossEntropy(logits, Labels{1, 2}).correct, 1u);
}

TEST(SoftmaxCrossEntropy, NanMakesTheLossNan) {
  std::vector<float> logits = {0, std::numeric_limits<float>::quiet_NaN(), 1};
  EXPECT_TRUE(std::isnan(SoftmaxCrossEntropy(logits, Labels{0}).loss_sum));
}

TEST(SoftmaxCrossEntropyDeathTest, RefusesALabelThatIsNoClass) {
  std::vector<float> logits(3, 0.0f);
  EXPECT_DEATH(SoftmaxCrossEntropy(logits, Labels{3}), "label < classes");
}

}  // namespace
}  // namespace fedround::nn
