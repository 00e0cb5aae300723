#include "common/base/measure/stall_meter.h"

#include <gtest/gtest.h>

namespace fedround {
namespace {

TEST(StallMeter, CountsTheStepsWithoutMotion) {
  StallMeter meter;
  EXPECT_EQ(meter.Look(10), 0);  // it starts with motion
  EXPECT_EQ(meter.Look(10), 10);
  EXPECT_EQ(meter.Look(10), 20);
  meter.Moved();
  EXPECT_EQ(meter.Look(10), 0);
  EXPECT_EQ(meter.Look(10), 10);
}

TEST(StallMeter, CountsBytesAsMotionUnlessTheyAreFew) {
  StallMeter meter;
  EXPECT_EQ(meter.Look(10), 0);
  meter.MovedTo(StallMeter::kLeastBytes);
  EXPECT_EQ(meter.Look(10), 0);
  meter.MovedTo(StallMeter::kLeastBytes + 40);  // pings
  EXPECT_EQ(meter.Look(10), 10);
  meter.MovedTo(2 * StallMeter::kLeastBytes + 40);
  EXPECT_EQ(meter.Look(10), 0);
  std::uint64_t bytes = 2 * StallMeter::kLeastBytes + 40;
  for (int step = 1; step < 100; ++step) {  // pings do not add up to motion
    meter.MovedTo(bytes += 68);
    EXPECT_EQ(meter.Look(10), 10 * step);
  }
}

}  // namespace
}  // namespace fedround
