#include "common/wire/task_cost.h"

#include <gmock/gmock.h>

#include "common/wire/fetch_request.h"
#include "fedround/v1/federation.pb.h"
#include "gtest/gtest.h"

namespace fedround::wire {
namespace {

TaskCost Example() {
  TaskCost cost;
  cost.client = 4;
  cost.round = 5;
  cost.attempt = 1;
  cost.task = TaskKind::kEvaluate;
  cost.start_ns = 123;
  for (int i = 0; i < kClientPhases; ++i) cost.phase_ns[i] = 1000 + i;
  cost.train_cpu_ns = 77;
  cost.payload_bytes_down = 1;
  cost.payload_bytes_up = 2;
  cost.message_bytes_down = 3;
  cost.message_bytes_up = 4;
  return cost;
}

TEST(TaskCost, SurvivesTheWire) {
  const auto parsed = ParseTaskCost(SerializeTaskCost(Example()));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(SerializeTaskCost(*parsed), SerializeTaskCost(Example()));
  EXPECT_THAT(parsed->phase_ns, testing::ElementsAreArray(Example().phase_ns));
  EXPECT_EQ(parsed->message_bytes_up, 4U);
}

TEST(TaskCost, CountsMissingPhasesAsZero) {
  v1::TaskCost message;
  message.set_task(v1::Instruction::TRAIN);
  message.add_phase_ns(5);
  const auto parsed = ParseTaskCost(message.SerializeAsString());
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_THAT(parsed->phase_ns, testing::ElementsAre(5, 0, 0, 0, 0, 0, 0));
}

TEST(TaskCost, RefusesMorePhasesThanThereAre) {
  v1::TaskCost message;
  message.set_task(v1::Instruction::TRAIN);
  for (int i = 0; i <= kClientPhases; ++i) message.add_phase_ns(5);
  EXPECT_EQ(ParseTaskCost(message.SerializeAsString()).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(TaskCost, RefusesANegativePhase) {
  TaskCost cost = Example();
  cost.phase_ns[3] = -1;
  EXPECT_EQ(ParseTaskCost(SerializeTaskCost(cost)).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(FetchRequest, SurvivesTheWire) {
  const FetchRequest request{3, 4, 0xfedcba9876543210};
  const auto parsed = ParseFetchRequest(SerializeFetchRequest(request));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(*parsed, request);
}

}  // namespace
}  // namespace fedround::wire
