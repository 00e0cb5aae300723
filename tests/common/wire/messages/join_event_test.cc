#include "common/wire/messages/join_event.h"

#include <limits>

#include "fedround/v1/federation.pb.h"
#include "gtest/gtest.h"

namespace fedround::wire {
namespace {

Welcome ExampleWelcome() {
  v1::Experiment experiment;
  experiment.mutable_run()->set_rounds(3);
  Welcome welcome;
  welcome.run_id = "run";
  welcome.incarnation = 2;
  welcome.experiment = experiment.SerializeAsString();
  welcome.model = {.tensors = {{"output.weight", {10, 20}}, {"output.bias", {10}}},
                   .fates = {Fate::kFrozen, Fate::kShared}};
  welcome.update = {.vectors = {{"update", 10, "topk{k=0.1}+float32"}, {"control", 10, "float32"}},
                    .scalars = {{"reach", 1ULL << 40}}};
  welcome.down = {"control"};
  welcome.data_hash = "abc";
  welcome.chunk_bytes = 4096;
  return welcome;
}

Instruction ExampleInstruction() {
  Instruction instruction;
  instruction.task = TaskKind::kEvaluate;
  instruction.id = 1ULL << 40;
  instruction.client = 7;
  instruction.round = 3;
  instruction.step = 1;
  instruction.model_id = 0xfedcba9876543210;
  instruction.counted = 1ULL << 41;
  instruction.plan = {2, 32, 0.1, 0.9, 1e-4, 0.01};
  instruction.reason = "why not";
  instruction.exit_code = -4;
  return instruction;
}

// What a coordinator could send after `change` was made to an ordinary Welcome.
template <typename Change>
absl::StatusCode CodeOfWelcome(Change change) {
  v1::JoinEvent event;
  event.ParseFromString(SerializeWelcome(ExampleWelcome()));
  change(*event.mutable_welcome());
  return ParseJoinEvent(event.SerializeAsString()).status().code();
}

template <typename Change>
absl::StatusCode CodeOfInstruction(Change change) {
  v1::JoinEvent event;
  event.ParseFromString(SerializeInstruction(ExampleInstruction()));
  change(*event.mutable_instruction());
  return ParseJoinEvent(event.SerializeAsString()).status().code();
}

TEST(Welcome, SurvivesTheWire) {
  const auto event = ParseJoinEvent(SerializeWelcome(ExampleWelcome()));
  ASSERT_TRUE(event.ok()) << event.status();
  const auto& welcome = std::get<Welcome>(*event);
  EXPECT_EQ(welcome.run_id, "run");
  EXPECT_EQ(welcome.incarnation, 2U);
  EXPECT_EQ(welcome.experiment, ExampleWelcome().experiment);
  EXPECT_EQ(welcome.model, ExampleWelcome().model);
  EXPECT_EQ(welcome.update, ExampleWelcome().update);
  EXPECT_EQ(welcome.down, ExampleWelcome().down);
  EXPECT_EQ(welcome.data_hash, "abc");
  EXPECT_EQ(welcome.chunk_bytes, 4096U);
}

TEST(Ping, SurvivesTheWire) {
  const auto event = ParseJoinEvent(SerializePing({77}));
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(std::get<Ping>(*event).id, 77U);
}

TEST(Welcome, RefusesAnotherProtocolVersion) {
  EXPECT_EQ(CodeOfWelcome(
                [](v1::Welcome& welcome) { welcome.set_protocol_version(kProtocolVersion + 1); }),
            absl::StatusCode::kFailedPrecondition);
}

TEST(Welcome, RefusesAnUpdateOfTooManyVectorsOrElements) {
  const auto code = [](int vectors, std::uint64_t elements) {
    return CodeOfWelcome([vectors, elements](v1::Welcome& welcome) {
      welcome.clear_update();
      for (int i = 0; i < vectors; ++i) welcome.add_update()->set_elements(elements);
    });
  };
  EXPECT_EQ(code(16, 250'000'000), absl::StatusCode::kOk);
  EXPECT_EQ(code(17, 1), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code(2, 2'000'000'001), absl::StatusCode::kInvalidArgument);
}

TEST(Welcome, RefusesAModelWithoutTensors) {
  EXPECT_EQ(CodeOfWelcome([](v1::Welcome& welcome) { welcome.clear_tensors(); }),
            absl::StatusCode::kInvalidArgument);
}

TEST(Welcome, RefusesATensorOfExtentZeroOrLess) {
  for (const int extent : {0, -1}) {
    EXPECT_EQ(CodeOfWelcome([extent](v1::Welcome& welcome) {
                welcome.mutable_tensors(0)->set_shape(0, extent);
              }),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST(Welcome, RefusesShapesWhoseProductOverflows) {
  EXPECT_EQ(CodeOfWelcome([](v1::Welcome& welcome) {
              // 2^31 * 2^31 * 4 is 0 in 64 bits.
              welcome.mutable_tensors(0)->set_shape(0, std::int64_t{1} << 31);
              welcome.mutable_tensors(0)->set_shape(1, std::int64_t{1} << 31);
              welcome.mutable_tensors(0)->add_shape(4);
            }),
            absl::StatusCode::kInvalidArgument);
}

TEST(Welcome, RefusesMoreParametersInAllThanTheLimit) {
  EXPECT_EQ(CodeOfWelcome([](v1::Welcome& welcome) {
              welcome.mutable_tensors(1)->set_shape(0, static_cast<std::int64_t>(kMaxParameters));
            }),
            absl::StatusCode::kInvalidArgument);
}

TEST(Welcome, RefusesChunksBeyondTheLimit) {
  EXPECT_EQ(
      CodeOfWelcome([](v1::Welcome& welcome) { welcome.set_chunk_bytes(kMaxChunkBytes + 1); }),
      absl::StatusCode::kInvalidArgument);
}

TEST(Instruction, SurvivesTheWire) {
  const auto event = ParseJoinEvent(SerializeInstruction(ExampleInstruction()));
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(std::get<Instruction>(*event), ExampleInstruction());
}

TEST(Instruction, KeepsEveryTask) {
  for (const TaskKind task : {TaskKind::kTrain, TaskKind::kEvaluate, TaskKind::kLeave}) {
    Instruction instruction = ExampleInstruction();
    instruction.task = task;
    const auto event = ParseJoinEvent(SerializeInstruction(instruction));
    ASSERT_TRUE(event.ok()) << event.status();
    EXPECT_EQ(std::get<Instruction>(*event).task, task);
  }
}

TEST(Instruction, RefusesAnUnknownTask) {
  for (const int task : {-1, 0, 3, 5}) {
    EXPECT_EQ(CodeOfInstruction([task](v1::Instruction& instruction) {
                instruction.set_task(static_cast<v1::Instruction::Task>(task));
              }),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST(Instruction, RefusesAPlanThatIsNotFinite) {
  EXPECT_EQ(CodeOfInstruction([](v1::Instruction& instruction) {
              instruction.mutable_plan()->set_proximal_mu(std::numeric_limits<double>::infinity());
            }),
            absl::StatusCode::kInvalidArgument);
}

TEST(Instruction, CutsAReasonThatTheReceiverWouldRefuse) {
  Instruction instruction = ExampleInstruction();
  instruction.reason = std::string(2 * kMaxReason, 'x');
  EXPECT_TRUE(ParseJoinEvent(SerializeInstruction(instruction)).ok());
}

// 4095 bytes and a character of two bytes: with half of it the message would be refused.
TEST(Instruction, CutsAReasonBetweenCharacters) {
  Instruction instruction = ExampleInstruction();
  instruction.reason = std::string(kMaxReason - 1, 'x') + "\u00fc";
  const auto event = ParseJoinEvent(SerializeInstruction(instruction));
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(std::get<Instruction>(*event).reason, std::string(kMaxReason - 1, 'x'));
}

TEST(Instruction, ShowsBytesOfAReasonThatAreNotUtf8) {
  Instruction instruction = ExampleInstruction();
  instruction.reason = "/data/caf\xe9: disk full, \u00fc\n";
  const auto event = ParseJoinEvent(SerializeInstruction(instruction));
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(std::get<Instruction>(*event).reason, "/data/caf\\xe9: disk full, \u00fc\n");
}

TEST(JoinEvent, RefusesAnEmptyOne) {
  EXPECT_EQ(ParseJoinEvent("").status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace fedround::wire
