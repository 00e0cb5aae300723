#include "common/ledger/modelled_time.h"

#include <gtest/gtest.h>

#include "tests/common/ledger/ledger_test_support.h"

namespace fedround::ledger {
namespace {

constexpr Nanos kServer = 38 * kNanosPerSecond;  // select, broadcast and commit of the sample round
constexpr Nanos kDevice = 4 + 8 + 32 + 64 + 256;  // the sample's phases without those it waits in

TEST(WallTime, IsTheChainOfTheRound) { EXPECT_EQ(WallTime(SampleRound(1)), 62 * kNanosPerSecond); }

TEST(DeviceTime, LeavesOutTheWaits) { EXPECT_EQ(DeviceTime(SampleTask(1, 3, 1)), kDevice); }

TEST(ModelledTime, IsTheServersPhasesAndTheSlowestFoldedClient) {
  const std::vector<TaskRow> costs = {SampleTask(1, 3, 10), SampleTask(1, 5, 30),
                                      SampleTask(1, 3, 20)};
  EXPECT_EQ(ModelledTime(SampleRound(1), costs), kServer + 30 * kDevice);
}

TEST(ModelledTime, LeavesOutClientsThatWereNotFolded) {
  const std::vector<TaskRow> costs = {SampleTask(1, 3, 10), SampleTask(1, 7, 30)};
  EXPECT_EQ(ModelledTime(SampleRound(1), costs), kServer + 10 * kDevice);
}

TEST(ModelledTime, LeavesOutOtherRounds) {
  const std::vector<TaskRow> costs = {SampleTask(1, 3, 10), SampleTask(2, 3, 30)};
  EXPECT_EQ(ModelledTime(SampleRound(1), costs), kServer + 10 * kDevice);
}

TEST(ModelledTime, LeavesOutEvaluation) {
  std::vector<TaskRow> costs = {SampleTask(1, 3, 10), SampleTask(1, 3, 30)};
  costs[1].task = TaskKind::kEvaluate;
  EXPECT_EQ(ModelledTime(SampleRound(1), costs), kServer + 10 * kDevice);
}

TEST(ModelledTime, WithoutReportsIsTheServersPhases) {
  EXPECT_EQ(ModelledTime(SampleRound(1), std::span<const TaskRow>()), kServer);
}

}  // namespace
}  // namespace fedround::ledger
