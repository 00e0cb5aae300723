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
  cost.task = TaskKind::kTrain;
  cost.start_ns = 123;
  cost.end_ns = cost.start_ns;
  for (int i = 0; i < kClientPhases; ++i) {
    cost.phase_ns[i] = 1000 + i;
    cost.phase_cpu_ns[i] = 500 + i;
    cost.end_ns += cost.phase_ns[i];
  }
  cost.step_ns[0] = cost.phase(ClientPhase::kTrain) - 600;
  for (int i = 1; i < kStepPhases; ++i) cost.step_ns[i] = 100;
  cost.steps = 60;
  cost.sampled_steps = 8;
  cost.involuntary_switches = 3;
  cost.payload_bytes_down = 1;
  cost.payload_bytes_up = 2;
  cost.message_bytes_down = 3;
  cost.message_bytes_up = 4;
  cost.sent_ns = 99'999;
  return cost;
}

// Parsing fails, and `part` is in what it says.
void ExpectRefused(const TaskCost& cost, const std::string& part) {
  const absl::Status status = ParseTaskCost(SerializeTaskCost(cost)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr(part));
}

TEST(TaskCost, SurvivesTheWire) {
  const auto parsed = ParseTaskCost(SerializeTaskCost(Example()));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(SerializeTaskCost(*parsed), SerializeTaskCost(Example()));
  EXPECT_THAT(parsed->phase_ns, testing::ElementsAreArray(Example().phase_ns));
  EXPECT_THAT(parsed->step_ns, testing::ElementsAreArray(Example().step_ns));
  EXPECT_EQ(parsed->message_bytes_up, 4U);
  EXPECT_EQ(parsed->sent_ns, 99'999);
}

TEST(TaskCost, CountsMissingPhasesAsZero) {
  v1::TaskCost message;
  message.set_task(v1::Instruction::TRAIN);
  message.add_phase_ns(5);
  message.set_end_ns(5);
  const auto parsed = ParseTaskCost(message.SerializeAsString());
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_THAT(parsed->phase_ns, testing::ElementsAre(5, 0, 0, 0, 0, 0, 0, 0, 0));
}

TEST(TaskCost, RefusesMorePhasesThanThereAre) {
  v1::TaskCost message;
  message.set_task(v1::Instruction::TRAIN);
  for (int i = 0; i <= kClientPhases; ++i) message.add_phase_ns(5);
  message.set_end_ns(5 * (kClientPhases + 1));
  EXPECT_EQ(ParseTaskCost(message.SerializeAsString()).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(TaskCost, RefusesANegativePhase) {
  TaskCost cost = Example();
  cost.phase_ns[3] = -1;
  ExpectRefused(cost, "phase_ns: -1 ns");
}

TEST(TaskCost, RefusesAChainWithAGap) {
  TaskCost cost = Example();
  cost.end_ns += 1;
  ExpectRefused(cost, "the phases add up to 9036 ns; end_ns - start_ns = 9037");
}

TEST(TaskCost, RefusesStepsThatDoNotAddUpToTraining) {
  TaskCost cost = Example();
  cost.step_ns[2] += 1;
  ExpectRefused(cost, "they add up to 1006 ns; train took 1005");
}

TEST(TaskCost, RefusesMoreSampledStepsThanSteps) {
  TaskCost cost = Example();
  cost.steps = 7;
  ExpectRefused(cost, "sampled_steps = 8: at most steps = 7");
}

TEST(TaskCost, RefusesAnAbsurdClock) {
  TaskCost cost = Example();
  cost.start_ns = std::numeric_limits<Nanos>::min();
  ExpectRefused(cost, "is out of range for a clock");
}

TEST(TaskCost, RefusesLeavingWhichIsNoTask) {
  TaskCost cost = Example();
  cost.task = TaskKind::kLeave;
  ExpectRefused(cost, "leaving is not a task with a cost");
}

TEST(FetchRequest, SurvivesTheWire) {
  const FetchRequest request{3, 4, 0xfedcba9876543210};
  const auto parsed = ParseFetchRequest(SerializeFetchRequest(request));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->client, request.client);
  EXPECT_EQ(parsed->round, request.round);
  EXPECT_EQ(parsed->model_id, request.model_id);
  EXPECT_FALSE(parsed->finished.has_value());
}

TEST(FetchRequest, CarriesTheCostOfTheTaskBefore) {
  const auto parsed = ParseFetchRequest(SerializeFetchRequest({3, 4, 5, Example()}));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  ASSERT_TRUE(parsed->finished.has_value());
  EXPECT_EQ(SerializeTaskCost(*parsed->finished), SerializeTaskCost(Example()));
}

TEST(FetchRequest, RefusesACostThatDoesNotAddUp) {
  TaskCost cost = Example();
  cost.end_ns += 1;
  EXPECT_EQ(ParseFetchRequest(SerializeFetchRequest({3, 4, 5, cost})).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(TaskCost, OfATaskThatFailedSurvivesWhateverBytesTheFailureNames) {
  TaskCost cost = Example();
  cost.failure = "/data/caf\xe9: not found" + std::string(1100, 'x');
  const auto parsed = ParseTaskCost(SerializeTaskCost(cost));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_THAT(parsed->failure, testing::StartsWith("/data/caf\\xe9: not foundxxx"));
}

}  // namespace
}  // namespace fedround::wire
