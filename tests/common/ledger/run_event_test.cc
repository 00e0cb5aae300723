#include "common/ledger/run_event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/common/ledger/ledger_test_support.h"

namespace fedround::ledger {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

event::Round RoundEvent() {
  event::Round event;
  event.round = 4;
  event.cohort = 10;
  event.folded = 9;
  event.wall_s = 0.1;
  event.modelled_s = 1.0 / 3;
  for (int i = 0; i < kClientPhases; ++i) event.phase_s[i] = 0.01 * i;
  event.fold_s = 1e-9;
  event.commit_s = 2;
  event.payload_bytes_down = 1;
  event.payload_bytes_up = 2;
  event.message_bytes_down = 3;
  event.message_bytes_up = std::numeric_limits<std::uint64_t>::max();
  return event;
}

event::Evaluated EvaluatedEvent() {
  event::Evaluated event;
  event.round = 4;
  event.accuracy = 0.9;
  event.loss = 0.1;
  event.validation_accuracy = 0.8;
  event.validation_loss = 0.2;
  event.clients_accuracy = 0.7;
  event.clients_loss = 0.3;
  event.evaluate_s = 0.25;
  return event;
}

event::Finished FinishedEvent() {
  event::Finished event;
  event.verdict = {RunOutcome::kDone, "20 rounds", 3};
  event.rounds_done = 20;
  event.accuracy = 0.75;
  event.loss = 0.5;
  event.best_accuracy = 0.875;
  event.best_round = 12;
  event.model_sha256 = std::string(64, 'a');
  event.end_time = "2026-01-31T12:34:56Z";
  event.cpu_s = 1.5;
  event.peak_rss_bytes = 1 << 20;
  return event;
}

// The line that the event read back from its line would give: equal if and only if nothing was
// lost.
std::string RoundTrip(const RunEvent& event) {
  const auto read = RunEventFromJson(ToJson(event));
  return read.ok() ? ToJson(*read) : read.status().ToString();
}

TEST(RunEvent, StartedIsOneLineInTheDocumentedOrder) {
  event::Started event;
  event.run_id = "ab12";
  event.rounds = 20;
  event.clients = 10;
  event.parameters = 199210;
  event.address = "127.0.0.1:5000";
  EXPECT_EQ(ToJson(event), R"({"event":"started","run_id":"ab12","rounds":20,"clients":10,)"
                           R"("parameters":199210,"message":"127.0.0.1:5000"})");
}

TEST(RunEvent, StartedRoundTrips) {
  const auto read = RunEventFromJson(
      R"({"event":"started","run_id":"a","rounds":1,"clients":2,"parameters":3,"message":"m"})");
  ASSERT_TRUE(read.ok()) << read.status();
  const auto& started = std::get<event::Started>(*read);
  EXPECT_EQ(started.run_id, "a");
  EXPECT_EQ(started.rounds, 1U);
  EXPECT_EQ(started.clients, 2U);
  EXPECT_EQ(started.parameters, 3U);
  EXPECT_EQ(started.address, "m");
}

TEST(RunEvent, StartedSaysWhatTheModelStartsFrom) {
  event::Started event;
  event.initial = "a.safetensors: hidden1";
  EXPECT_THAT(ToJson(event), HasSubstr(R"("message":"","initial":"a.safetensors: hidden1"})"));
  EXPECT_EQ(RoundTrip(event), ToJson(event));
}

TEST(RunEvent, JoinedRoundTrips) {
  const auto read = RunEventFromJson(R"({"event":"joined","clients":7})");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(std::get<event::Joined>(*read).clients, 7U);
}

TEST(RunEvent, RoundRoundTripsBitForBit) {
  const auto read = RunEventFromJson(ToJson(RoundEvent()));
  ASSERT_TRUE(read.ok()) << read.status();
  const auto& round = std::get<event::Round>(*read);
  EXPECT_EQ(round.modelled_s, 1.0 / 3);
  EXPECT_EQ(round.phase_s[6], 0.01 * 6);
  EXPECT_EQ(round.message_bytes_up, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(ToJson(*read), ToJson(RoundEvent()));
}

TEST(RunEvent, RoundIsOneLineInTheDocumentedOrder) {
  event::Round event = RoundEvent();
  event.modelled_s = 0.5;
  event.wire_bytes_down = 4;
  event.wire_bytes_up = 5;
  for (int i = 0; i < kClientPhases; ++i) event.phase_s[i] = i;
  EXPECT_EQ(ToJson(event),
            R"({"event":"round","round":4,"cohort":10,"folded":9,"wall_s":0.1,"modelled_s":0.5,)"
            R"("wait_instruction_s":0.0,"queue_s":1.0,"download_s":2.0,"decode_s":3.0,)"
            R"("wait_slot_s":4.0,"train_s":5.0,"encode_s":6.0,"wait_credit_s":7.0,"upload_s":8.0,)"
            R"("fold_s":1e-09,"commit_s":2.0,)"
            R"("payload_bytes_down":1,"payload_bytes_up":2,"message_bytes_down":3,)"
            R"("message_bytes_up":18446744073709551615,"wire_bytes_down":4,"wire_bytes_up":5})");
}

TEST(RunEvent, EvaluatedIsOneLineInTheDocumentedOrder) {
  EXPECT_EQ(ToJson(EvaluatedEvent()),
            R"({"event":"evaluated","round":4,"accuracy":0.9,"loss":0.1,)"
            R"("validation_accuracy":0.8,"validation_loss":0.2,"clients_accuracy":0.7,)"
            R"("clients_loss":0.3,"evaluate_s":0.25})");
}

TEST(RunEvent, FinishedIsOneLineInTheDocumentedOrder) {
  event::Finished event = FinishedEvent();
  event.model_sha256 = "ab";
  EXPECT_EQ(ToJson(event),
            R"({"event":"finished","outcome":"done","message":"20 rounds","exit_code":3,)"
            R"("rounds_done":20,"accuracy":0.75,"loss":0.5,"best_accuracy":0.875,"best_round":12,)"
            R"("model_sha256":"ab","end_time":"2026-01-31T12:34:56Z","cpu_s":1.5,)"
            R"("peak_rss_bytes":1048576})");
}

TEST(RunEvent, EvaluatedRoundTrips) {
  const auto read = RunEventFromJson(ToJson(EvaluatedEvent()));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(std::get<event::Evaluated>(*read).clients_loss, 0.3);
  EXPECT_EQ(ToJson(*read), ToJson(EvaluatedEvent()));
}

TEST(RunEvent, EvaluatedLeavesOutWhatWasNotScored) {
  event::Evaluated event;
  event.accuracy = 0.5;
  EXPECT_EQ(ToJson(event), R"({"event":"evaluated","round":0,"accuracy":0.5,"evaluate_s":0.0})");
}

TEST(RunEvent, ALossThatIsNotFiniteIsLeftOut) {
  event::Evaluated event = EvaluatedEvent();
  event.loss = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(ToJson(event), Not(HasSubstr("\"loss\"")));
}

TEST(RunEvent, FailureRoundTrips) {
  event::Failure event;
  event.round = 2;
  event.client = 0;
  event.what = FailureKind::kLate;
  event.message = "said \"no\"\n";
  EXPECT_EQ(RoundTrip(event), ToJson(event));
  EXPECT_THAT(ToJson(event), HasSubstr(R"("client":0,"what":"late","message":"said \"no\"\n")"));
}

TEST(RunEvent, NoticeRoundTrips) {
  const auto read = RunEventFromJson(R"({"event":"notice","message":"it waits"})");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(std::get<event::Notice>(*read).message, "it waits");
  EXPECT_EQ(ToJson(*read), R"({"event":"notice","message":"it waits"})");
}

TEST(RunEvent, FinishedRoundTrips) {
  const auto read = RunEventFromJson(ToJson(FinishedEvent()));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(std::get<event::Finished>(*read).verdict.exit_code, 3);
  EXPECT_EQ(ToJson(*read), ToJson(FinishedEvent()));
}

TEST(RunEvent, TextThatIsNotUtf8StaysOneReadableLine) {
  event::Failure event;
  event.message = "\xff\n";
  EXPECT_THAT(ToJson(event), Not(HasSubstr("\n")));
  EXPECT_TRUE(RunEventFromJson(ToJson(event)).ok());
}

struct BadLine {
  const char* line;
  const char* message;
};

class BadEventLine : public ::testing::TestWithParam<BadLine> {};

TEST_P(BadEventLine, IsInvalidAndSaysWhy) {
  const absl::Status status = RunEventFromJson(GetParam().line).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadEventLine,
    ::testing::Values(
        BadLine{"", "not a JSON object"}, BadLine{"[1]", "not a JSON object"},
        BadLine{R"({"event":"joined","clients":7} x)", "not a JSON object"},
        BadLine{"{}", "\"event\" is missing"}, BadLine{R"({"event":7})", "\"event\" is 7"},
        BadLine{R"({"event":"nap"})", "unknown event \"nap\""},
        BadLine{R"({"event":"failure","round":1,"what":"nap","message":""})",
                "\"what\" is \"nap\": not a known name"},
        BadLine{R"({"event":"joined"})", "\"clients\" is missing"},
        BadLine{R"({"event":"joined","clients":-1})", "\"clients\" is -1"},
        BadLine{R"({"event":"joined","clients":1.5})", "\"clients\" is 1.5"},
        BadLine{R"({"event":"joined","clients":"7"})", "\"clients\" is \"7\""},
        BadLine{R"({"event":"joined","clients":[[1]]})", "\"clients\" is an array"},
        BadLine{R"({"event":"joined","clients":7,"x":1})", "unknown member \"x\""},
        BadLine{R"({"event":"evaluated","round":4294967296,"evaluate_s":1})",
                "\"round\" is 4294967296"},
        BadLine{R"({"event":"evaluated","round":1,"evaluate_s":null})", "\"evaluate_s\" is null"},
        BadLine{R"({"event":"evaluated","round":1,"evaluate_s":1e999})", "not a JSON object"},
        BadLine{R"({"event":"evaluated","round":1,"loss":null,"evaluate_s":1})",
                "\"loss\" is null"}));

TEST(RunEvent, RefusesAnEndlessLine) {
  EXPECT_THAT(RunEventFromJson(std::string((1 << 20) + 1, ' ')).status().message(),
              HasSubstr("the limit is 1048576"));
}

TEST(RunEvent, SurvivesALineNestedAsDeepAsItCanBe) {
  const std::string deep = R"({"event":"joined","clients":)" + std::string(500'000, '[') +
                           std::string(500'000, ']') + "}";
  EXPECT_THAT(RunEventFromJson(deep).status().message(), HasSubstr("\"clients\" is an array"));
}

TEST(RunEvent, AMutatedLineGivesAnEventThatCanBeWrittenOrAnError) {
  Rng rng(1, RngPurpose::kSyntheticData);
  int accepted = 0;
  for (int trial = 0; trial < 20000; ++trial) {
    const auto read = RunEventFromJson(Mutated(ToJson(RoundEvent()), rng));
    if (!read.ok()) continue;
    ++accepted;
    EXPECT_EQ(RoundTrip(*read), ToJson(*read));
  }
  EXPECT_GT(accepted, 0);
}

}  // namespace
}  // namespace fedround::ledger
