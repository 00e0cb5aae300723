#include "common/ledger/store/run_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/common/ledger/ledger_test_support.h"
#include "tests/support/run_ledger.h"

namespace fedround::ledger {
namespace {

using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A run with a row of each kind; `finish`: with a verdict.
std::string WrittenRun(bool finish) {
  const std::string folder = TestFolder();
  auto recorder = RunRecorder::Create(folder).value();
  recorder->Add(ClientRecord{
      .client = 3, .host = "h", .pid = 12, .examples = 60, .joined_ns = -4, .name = "carol"});
  recorder->Add(SampleTask(1, 3, 10));
  recorder->Add(TrafficRecord{1, 1, 4, 100, 200, 110, 220, 115, 230, 7});
  recorder->Add(ConnectionRecord{.connection = 1, .client = 3, .peer = "a", .opened_ns = 5});
  recorder->Add(EvaluationRecord{0,
                                 ExamplesOf::kTest,
                                 10,
                                 std::nan(""),
                                 0.125,
                                 9,
                                 1,
                                 2,
                                 {{"activation1", "zeros", std::nan("")}}});
  recorder->Add(FailureRecord{1, 7, FailureKind::kLate, "too late", 99});
  EXPECT_TRUE(recorder->CommitRound(SampleRound(1)).ok());
  if (finish) {
    EXPECT_TRUE(recorder->Finish({RunOutcome::kStopped, "by a signal", 130}).ok());
  }
  return folder;
}

RunLedger ReadBack() {
  auto run = ReadLedger(WrittenRun(true));
  EXPECT_TRUE(run.ok()) << run.status();
  return *std::move(run);
}

TEST(ReadLedger, GivesRoundsAsTheyWereWritten) {
  const RunLedger run = ReadBack();
  ASSERT_THAT(run.rounds, SizeIs(1));
  const RoundRow& row = run.rounds[0];
  const RoundRecord sample = SampleRound(1);
  EXPECT_EQ(row.cohort_size, 4U);
  EXPECT_EQ(row.folded_count, 2U);
  EXPECT_EQ(row.dropped_count, 1U);
  EXPECT_EQ(row.model_before, sample.model_before);
  EXPECT_EQ(row.model_after, sample.model_after);
  EXPECT_EQ(row.train_loss, sample.train_loss);
  EXPECT_EQ(row.start_ns, sample.start_ns);
  EXPECT_THAT(row.phase_ns, ElementsAreArray(sample.phase_ns));
  EXPECT_THAT(row.phase_cpu_ns, ElementsAreArray(sample.phase_cpu_ns));
  EXPECT_EQ(row.probe_ns, sample.probe_ns);
  EXPECT_EQ(row.retransmitted_bytes_down, sample.retransmitted_bytes_down);
}

TEST(ReadLedger, GivesStepsAnswersAndMetrics) {
  const RunLedger run = ReadBack();
  ASSERT_THAT(run.steps, SizeIs(1));
  EXPECT_EQ(run.steps[0].round, 1U);
  EXPECT_EQ(run.steps[0].collect_ns, 93);
  ASSERT_THAT(run.answers, SizeIs(2));
  EXPECT_EQ(run.answers[1].client, 5U);
  EXPECT_EQ(run.answers[1].task, TaskKind::kTrain);
  EXPECT_EQ(run.answers[1].folded_ns, 105);
  ASSERT_THAT(run.metrics, SizeIs(3));
  EXPECT_EQ(run.metrics[1].name, "steps");
  EXPECT_EQ(run.metrics[1].value, 5);
}

TEST(ReadLedger, GivesTheHealthOfModelAndClients) {
  const RunLedger run = ReadBack();
  ASSERT_THAT(run.health, SizeIs(3));
  EXPECT_EQ(run.health[0].round, 0U);
  EXPECT_FALSE(run.health[0].client.has_value());
  EXPECT_TRUE(std::isnan(run.health[0].value));
  EXPECT_EQ(run.health[1].round, 1U);
  EXPECT_EQ(run.health[1].client, 5U);
  EXPECT_EQ(run.health[1].layer, "activation1");
  EXPECT_EQ(run.health[1].quantity, "dead");
  EXPECT_EQ(run.health[1].value, 0.25);
}

TEST(ReadLedger, GivesTasksAsTheyWereWritten) {
  const RunLedger run = ReadBack();
  ASSERT_THAT(run.tasks, SizeIs(1));
  const TaskRow& row = run.tasks[0];
  const TaskRow sample = SampleTask(1, 3, 10);
  EXPECT_EQ(row.end_ns, sample.end_ns);
  EXPECT_THAT(row.phase_ns, ElementsAreArray(sample.phase_ns));
  EXPECT_THAT(row.step_ns, ElementsAreArray(sample.step_ns));
  EXPECT_EQ(row.sampled_steps, sample.sampled_steps);
  EXPECT_EQ(row.clock_offset_ns, sample.clock_offset_ns);
  EXPECT_EQ(row.message_bytes_up, sample.message_bytes_up);
}

TEST(ReadLedger, GivesPeersAndWhatTheyMoved) {
  const RunLedger run = ReadBack();
  ASSERT_THAT(run.clients, SizeIs(1));
  EXPECT_EQ(run.clients[0].joined_ns, -4);
  EXPECT_EQ(run.clients[0].name, "carol");
  ASSERT_THAT(run.connections, SizeIs(1));
  EXPECT_EQ(run.connections[0].client, 3U);
  EXPECT_EQ(run.connections[0].closed_ns, std::nullopt);
  ASSERT_THAT(run.traffic, SizeIs(1));
  EXPECT_EQ(run.traffic[0].retransmitted_bytes_down, 7U);
}

TEST(ReadLedger, GivesScoresFailuresAndTheVerdict) {
  const RunLedger run = ReadBack();
  ASSERT_THAT(run.evaluations, SizeIs(1));
  EXPECT_TRUE(std::isnan(run.evaluations[0].loss));
  EXPECT_EQ(run.evaluations[0].accuracy, 0.125);
  ASSERT_THAT(run.failures, SizeIs(1));
  EXPECT_EQ(run.failures[0].at_ns, 99);
  ASSERT_TRUE(run.verdict.has_value());
  EXPECT_EQ(run.verdict->exit_code, 130);
}

TEST(ReadLedger, ReadsARunThatIsStillGoingOn) {
  const auto run = ReadLedger(WrittenRun(false));
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_THAT(run->rounds, SizeIs(1));
  EXPECT_FALSE(run->verdict.has_value());
}

TEST(ReadLedger, WithoutLedgerIsNotFoundAndSaysWhatToDo) {
  const absl::Status status = ReadLedger(TestFolder()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr("name the folder of a run"));
}

TEST(Unreadable, CallsALedgerDamagedOnlyWhereItIs) {
  for (const auto code : {absl::StatusCode::kNotFound, absl::StatusCode::kUnavailable,
                          absl::StatusCode::kPermissionDenied, absl::StatusCode::kResourceExhausted,
                          absl::StatusCode::kUnimplemented}) {
    EXPECT_EQ(Unreadable("run", absl::Status(code, "x")).code(), code);
  }
  EXPECT_EQ(Unreadable("run", absl::FailedPreconditionError("x")).code(),
            absl::StatusCode::kUnavailable);
  for (const auto code : {absl::StatusCode::kDataLoss, absl::StatusCode::kInvalidArgument,
                          absl::StatusCode::kUnknown}) {
    EXPECT_EQ(Unreadable("run", absl::Status(code, "x")).code(), absl::StatusCode::kDataLoss);
  }
}

struct Tampering {
  const char* sql;
  const char* message;
};

class TamperedRun : public ::testing::TestWithParam<Tampering> {};

TEST_P(TamperedRun, IsDataLossThatSaysWhere) {
  const std::string folder = WrittenRun(true);
  ASSERT_TRUE(Database::Create(folder + "/ledger.sqlite", GetParam().sql).ok());
  const absl::Status status = ReadLedger(folder).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr(GetParam().message));
  EXPECT_THAT(status.message(), HasSubstr(folder + "/ledger.sqlite"));
}

INSTANTIATE_TEST_SUITE_P(
    All, TamperedRun,
    ::testing::Values(
        Tampering{"PRAGMA user_version = 2", "schema version 2; this program reads 3 to 6"},
        Tampering{"PRAGMA user_version = 7",
                  "schema version 7; this program reads 3 to 6: a newer fedround wrote it"},
        Tampering{"UPDATE rounds SET start_ns = 1 << 62", "rounds: column start_ns holds 4611"},
        Tampering{"UPDATE tasks SET train_ns = 1 << 57", "tasks: column train_ns holds 1441"},
        Tampering{"UPDATE rounds SET round = 1 << 40", "rounds: column round holds 1099511627776"},
        Tampering{"UPDATE rounds SET model_after = '12345678'", "is not a model id"},
        Tampering{"UPDATE rounds SET model_after = '0123456789abcdeg'", "is not a model id"},
        Tampering{"UPDATE answers SET task = 'leave'", "answers: column task holds leave"},
        Tampering{"UPDATE tasks SET steps = -1", "integer >= 0"},
        Tampering{"UPDATE health SET round = -1", "integer >= 0"},
        Tampering{"DROP TABLE metrics", "no such table"},
        Tampering{"ALTER TABLE steps ADD COLUMN more INTEGER", "steps: unknown column more"},
        Tampering{"INSERT INTO verdict SELECT * FROM verdict", "verdict: 2 rows"}));

TEST(ReadLedger, AMutatedFileGivesARunOrDataLoss) {
  const std::string folder = WrittenRun(true);
  const std::string path = folder + "/ledger.sqlite";
  const std::string original = ReadFile(path).value();
  Rng rng(2, RngPurpose::kSyntheticData);
  for (int trial = 0; trial < 1000; ++trial) {
    ASSERT_TRUE(WriteFileAtomically(path, Mutated(original, rng)).ok());
    const absl::StatusCode code = ReadLedger(folder).status().code();
    EXPECT_TRUE(code == absl::StatusCode::kOk || code == absl::StatusCode::kDataLoss);
  }
}

}  // namespace
}  // namespace fedround::ledger
