#include "common/base/measure/disturbance.h"

#include <gtest/gtest.h>

#include <string>

#include "common/base/measure/resource_usage.h"

namespace fedround {
namespace {

constexpr std::int64_t kTicksPerSecond = 100;
constexpr Nanos kTickNs = 10'000'000;

Nanos Steal(absl::string_view stat) { return ParseSteal(stat, kTicksPerSecond); }

TEST(ParseSteal, IsTheEighthNumberOfTheFirstLine) {
  EXPECT_EQ(Steal("cpu  1 2 3 4 5 6 7 89 10 11\ncpu0 1 2 3 4 5 6 7 8 9 10\n"), 89 * kTickNs);
}

TEST(ParseSteal, KernelsWithoutTheNumberHaveNone) { EXPECT_EQ(Steal("cpu  1 2 3 4 5 6 7\n"), 0); }

TEST(ParseSteal, EveryTruncationIsRefusedOrWhole) {
  const std::string whole = "cpu  1 2 3 4 5 6 7 89 10 11\ncpu0 1";
  const std::size_t line = whole.find('\n') + 1;
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    EXPECT_EQ(Steal(absl::string_view(whole).substr(0, size)), size < line ? 0 : 89 * kTickNs)
        << size << " bytes";
  }
}

TEST(ParseSteal, AnotherLineFirstIsRefused) {
  EXPECT_EQ(Steal("cpu0 1 2 3 4 5 6 7 8 9 10\n"), 0);
  EXPECT_EQ(Steal("\ncpu  1 2 3 4 5 6 7 8 9 10\n"), 0);
}

TEST(ParseSteal, NumbersThatCannotBeRightAreRefused) {
  for (const std::string number :
       {"-1", "x", "0x10", "1e9", "9223372036854775807", "18446744073709551615",
        "99999999999999999999999999999999999999"}) {
    EXPECT_EQ(Steal("cpu  1 2 3 4 5 6 7 " + number + " 9 10\n"), 0) << number;
  }
}

TEST(ParseSteal, TheLargestNumberThatFitsIsTaken) {
  EXPECT_EQ(Steal("cpu  1 2 3 4 5 6 7 922337203685 9 10\n"), 922'337'203'685 * kTickNs);
  EXPECT_EQ(Steal("cpu  1 2 3 4 5 6 7 922337203686 9 10\n"), 0);
}

TEST(ParseSteal, BytesOfAnyKindAreRefused) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  EXPECT_EQ(Steal(bytes), 0);
  EXPECT_EQ(Steal("cpu  1 2 3 4 5 6 7 " + bytes), 0);
}

TEST(ParseSteal, NoTicksASecondIsRefused) {
  EXPECT_EQ(ParseSteal("cpu  1 2 3 4 5 6 7 8\n", 0), 0);
  EXPECT_EQ(ParseSteal("cpu  1 2 3 4 5 6 7 8\n", -1), 0);
}

TEST(Difference, IsWhatHappenedBetween) {
  EXPECT_EQ(Difference({5, 70}, {8, 100}), (Disturbance{3, 30}));
}

TEST(Difference, IsNeverNegative) {
  EXPECT_EQ(Difference({8, 100}, {5, 120}), (Disturbance{0, 20}));
  EXPECT_EQ(Difference({5, 100}, {8, 70}), (Disturbance{3, 0}));
}

TEST(DisturbanceMeter, CountsOnlyGrow) {
  const DisturbanceMeter meter;
  const Disturbance before = meter.Read();
  EXPECT_GE(meter.Read().involuntary_switches, before.involuntary_switches);
}

TEST(DisturbanceMeter, HasTheSwitchesOfItsThreads) {
  EXPECT_GE(DisturbanceMeter().Read().involuntary_switches, ThreadInvoluntarySwitches());
}

TEST(CountByMultiplyAdd, TakesEveryStep) {
  EXPECT_EQ(CountByMultiplyAdd(0), 0.0);
  EXPECT_EQ(CountByMultiplyAdd(20'000), 20'000.0);
}

TEST(ProbeFloatingPoint, TakesTime) { EXPECT_GT(ProbeFloatingPoint(), 0); }

}  // namespace
}  // namespace fedround
