#include "coordinator/books/clock_bounds.h"

#include <gtest/gtest.h>

namespace fedround::coordinator {
namespace {

constexpr Nanos kOffset = -3'600'000'000'000;  // the client's clock is an hour ahead of ours

Nanos Its(Nanos ours) { return ours - kOffset; }

void ExpectWithin(const ClockBounds& bounds, Nanos offset) {
  const auto found = bounds.Get();
  ASSERT_TRUE(found.has_value());
  EXPECT_LE(found->offset_ns - found->bound_ns, offset);
  EXPECT_GE(found->offset_ns + found->bound_ns, offset);
}

TEST(ClockBounds, HoldTheOffset) {
  ClockBounds bounds;
  bounds.ToClient(1000, Its(1000 + 30));
  bounds.FromClient(Its(5000), 5000 + 50);
  ExpectWithin(bounds, kOffset);
  EXPECT_EQ(bounds.Get()->bound_ns, 40);  // half of the way there and back
}

TEST(ClockBounds, AreThoseOfTheFastestMessages) {
  ClockBounds bounds;
  for (const Nanos delay : {700, 4, 90}) {
    bounds.ToClient(1000, Its(1000 + delay));
    bounds.FromClient(Its(2000), 2000 + 2 * delay);
  }
  ExpectWithin(bounds, kOffset);
  EXPECT_EQ(bounds.Get()->bound_ns, 6);
}

TEST(ClockBounds, HoldBothEndsWhenTheirDistanceIsOdd) {
  ClockBounds bounds;
  bounds.ToClient(1000, 1000);
  bounds.FromClient(2000, 2001);
  ExpectWithin(bounds, 0);
  ExpectWithin(bounds, 1);
}

TEST(ClockBounds, AreNothingIfTheStampsContradictEachOther) {
  ClockBounds bounds;
  bounds.ToClient(1000, Its(1000 + 30));
  bounds.FromClient(Its(5000), 5000 - 31);  // the client's clock was set back meanwhile
  EXPECT_FALSE(bounds.Get().has_value());
}

TEST(ClockBounds, AreNothingWithoutAMessageEachWay) {
  ClockBounds to_client;
  EXPECT_FALSE(to_client.Get().has_value());
  to_client.ToClient(1000, 2000);
  EXPECT_FALSE(to_client.Get().has_value());
  ClockBounds from_client;
  from_client.FromClient(1000, 2000);
  EXPECT_FALSE(from_client.Get().has_value());
}

}  // namespace
}  // namespace fedround::coordinator
