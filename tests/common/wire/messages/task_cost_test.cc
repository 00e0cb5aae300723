#include "common/wire/messages/task_cost.h"

#include <gmock/gmock.h>

#include <initializer_list>
#include <string>
#include <utility>

#include "common/wire/messages/fetch_request.h"
#include "fedround/v1/federation.pb.h"
#include "gtest/gtest.h"

namespace fedround::wire {
namespace {

TaskCost Example() {
  TaskCost cost;
  cost.ask = 17;
  cost.client = 4;
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

// A task that took as long as the sum of its phases.
v1::TaskCost Reported(std::initializer_list<std::pair<const char*, Nanos>> phases) {
  v1::TaskCost message;
  for (const auto& [name, ns] : phases) {
    v1::PhaseTime& phase = *message.add_phases();
    phase.set_name(name);
    phase.set_ns(ns);
    message.set_end_ns(message.end_ns() + ns);
  }
  return message;
}

void ExpectRefused(const v1::TaskCost& message, const std::string& part) {
  const absl::Status status = ParseTaskCost(message.SerializeAsString()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr(part));
}

TEST(TaskCost, TakesPhasesByTheirNamesInAnyOrderAndMissingOnesAsZero) {
  const auto parsed = ParseTaskCost(Reported({{"upload", 7}, {"queue", 5}}).SerializeAsString());
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_THAT(parsed->phase_ns, testing::ElementsAre(0, 5, 0, 0, 0, 0, 0, 0, 7));
}

// The times of a client in another language must not be booked to other phases than it meant.
TEST(TaskCost, RefusesAPhaseThatIsUnknownAndNamesIt) {
  ExpectRefused(Reported({{"queue", 5}, {"nap", 7}}),
                "phases: \"nap\" is none of wait_instruction,");
  ExpectRefused(Reported({{"load", 5}}), "\"load\" is none of");  // one inside train
  v1::TaskCost message = Reported({{"train", 5}});
  message.add_train_phases()->set_name("train");
  ExpectRefused(message, "train_phases: \"train\" is none of load,");
}

TEST(TaskCost, RefusesAPhaseThatIsThereTwice) {
  ExpectRefused(Reported({{"queue", 5}, {"queue", 7}}), "phases: queue occurs twice");
}

TEST(TaskCost, RefusesALongNameOfAPhase) {
  const std::string name(65, 'x');
  ExpectRefused(Reported({{name.c_str(), 5}}), "65 characters, at most 64");
}

TEST(TaskCost, RefusesANegativePhase) {
  TaskCost cost = Example();
  cost.phase_ns[3] = -1;
  ExpectRefused(cost, "phases: decode: -1 ns");
}

TEST(TaskCost, RefusesANegativeProcessorTime) {
  TaskCost cost = Example();
  cost.phase_cpu_ns[3] = -1;
  ExpectRefused(cost, "phases: decode: -1 ns");
}

TEST(TaskCost, RefusesAChainWithAGap) {
  TaskCost cost = Example();
  cost.end_ns += 1;
  ExpectRefused(cost, "phases: they add up to 9036 ns; end_ns - start_ns = 9037");
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
