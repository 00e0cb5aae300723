#include "common/codec/distortion.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/common/codec/coding.h"

namespace fedround::codec {
namespace {

using Values = std::vector<float>;

TEST(Distortion, BitsPerCoordinate) {
  EXPECT_EQ(BitsPerCoordinate(40, 10), 32);
  EXPECT_EQ(BitsPerCoordinate(3, 10), 2.4);
  EXPECT_EQ(BitsPerCoordinate(0, 0), 0);
}

TEST(Distortion, SquaredErrorIsRelativeToTheNorm) {
  EXPECT_EQ(NormalisedSquaredError(Values{3, 4}, Values{3, 4}), 0);
  EXPECT_EQ(NormalisedSquaredError(Values{3, 4}, Values{0, 0}), 1);
  EXPECT_EQ(NormalisedSquaredError(Values{3, 4}, Values{3, 3}), 1.0 / 25);
}

TEST(Distortion, SquaredErrorOfZeros) {
  EXPECT_EQ(NormalisedSquaredError(Values{0, 0}, Values{0, 0}), 0);
  EXPECT_TRUE(std::isinf(NormalisedSquaredError(Values{0, 0}, Values{0, 1})));
  EXPECT_EQ(NormalisedSquaredError(Values{}, Values{}), 0);
}

TEST(Distortion, BiasIsTheMeanError) {
  EXPECT_EQ(Bias(Values{1, 2, 3, 4}, Values{1, 2, 3, 2}), -0.5);
  EXPECT_EQ(Bias(Values{1, 2}, Values{2, 1}), 0);
  EXPECT_EQ(Bias(Values{}, Values{}), 0);
}

// Squares of floats do not fit into floats.
TEST(Distortion, IsComputedInDouble) {
  EXPECT_EQ(NormalisedSquaredError(Values{1e30F, 0}, Values{0, 0}), 1);
  EXPECT_EQ(NormalisedSquaredError(Values{1e-30F, 0}, Values{0, 0}), 1);
}

TEST(MeasureDistortion, ScoresACodec) {
  const Values values{4, 1, 2, 2};
  const auto codec = Make({{"topk", {{"k", 0.5}}}}, 4);
  const Distortion distortion = MeasureDistortion(*codec, values).value();
  EXPECT_EQ(distortion.bits_per_coordinate, 32);
  EXPECT_EQ(distortion.normalised_squared_error, 5.0 / 25);
  EXPECT_EQ(distortion.bias, -0.75);
}

TEST(MeasureDistortion, PassesOnWhatCannotBeEncoded) {
  EXPECT_FALSE(MeasureDistortion(*Make({{"int8", {}}}, 1), Values{NAN}).ok());
}

}  // namespace
}  // namespace fedround::codec
