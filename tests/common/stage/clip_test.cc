#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "common/stage/stage.h"

namespace fedround::stage {
namespace {

Metrics ApplyClip(double norm, std::vector<float>& update) {
  Metrics metrics;
  MakeStage("stage", {"clip", {{"norm", norm}}}, {}).value()->Apply(0, update, metrics);
  return metrics;
}

TEST(Clip, ShortensToTheNormAndKeepsTheDirection) {
  std::vector<float> update = {3, 0, -4};
  const Metrics metrics = ApplyClip(2.5, update);
  EXPECT_EQ(update, (std::vector<float>{1.5F, 0, -2}));
  EXPECT_EQ(metrics.at("clip.norm"), 5);
  EXPECT_EQ(metrics.at("clip.clipped"), 1);
}

TEST(Clip, LeavesWhatIsShortEnough) {
  std::vector<float> update = {3, 0, -4};
  const Metrics metrics = ApplyClip(5, update);
  EXPECT_EQ(update, (std::vector<float>{3, 0, -4}));
  EXPECT_EQ(metrics.at("clip.clipped"), 0);
}

// The square of an entry may be beyond any float.
TEST(Clip, ClipsHugeAndTinyEntries) {
  std::vector<float> update = {3e38F, -3e38F};
  ApplyClip(1, update);
  EXPECT_NEAR(update[0], std::sqrt(0.5), 1e-7);
  EXPECT_NEAR(update[1], -std::sqrt(0.5), 1e-7);
  std::vector<float> tiny = {3e-30F, 4e-30F};
  EXPECT_NEAR(ApplyClip(1, tiny).at("clip.norm"), 5e-30, 1e-36);
}

}  // namespace
}  // namespace fedround::stage
