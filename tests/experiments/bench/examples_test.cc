#include "experiments/bench/examples.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "experiments/bench/models.h"

namespace fedround::bench {
namespace {

using ::testing::HasSubstr;

TEST(Examples, SyntheticOnesHaveUnitVarianceAndNoZeros) {
  const Examples examples = Examples::Open("synthetic", 64).value();
  EXPECT_EQ(examples.density(), 1);
  double squares = 0;
  const Batch all = examples.At(0, examples.size());
  for (const float x : all.inputs) squares += static_cast<double>(x) * static_cast<double>(x);
  EXPECT_NEAR(squares / static_cast<double>(all.inputs.size()), 1, 0.1);
}

TEST(Examples, AreMoreThanTheCacheHolds) {
  const Examples examples = Examples::Open("synthetic", 64).value();
  EXPECT_GE(examples.size() * 64 * sizeof(float), std::size_t{12} * 1024 * 1024);
}

TEST(Examples, RefuseAModelOfAnotherShape) {
  EXPECT_THAT(std::string(Examples::Open("blobs", 21).status().message()),
              HasSubstr("--data = blobs: has 20 inputs, the model takes 21"));
}

TEST(Walk, StartsAgainBeforeABatchWouldNotFit) {
  const Examples examples = Examples::Open("blobs", 20).value();  // 6000 of them
  Walk walk(examples, kMaxBatch - 1);
  const float* const first = walk.Next().inputs.data();
  for (int i = 1; i < 6; ++i) {
    EXPECT_EQ(walk.Next().inputs.data(), first + i * 20 * (static_cast<int>(kMaxBatch) - 1));
  }
  EXPECT_EQ(walk.Next().inputs.data(), first);
}

}  // namespace
}  // namespace fedround::bench
