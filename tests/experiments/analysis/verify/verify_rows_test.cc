// Changes of the ledger, each with the row that `Verify` must name.
#include "tests/experiments/analysis/verify/tampering.h"

namespace fedround::analysis {
namespace {

using ::testing::HasSubstr;

TEST(VerifyRows, FindsEachDroppedPhaseOfARound) {
  const std::string folder = WriteSyntheticRun();
  const std::string original = ReadFile(ledger::LedgerPath(folder)).value();
  // Idle is 0 already.
  for (const auto& [phase, message] :
       {std::pair{"select", "steps, round 2, step 0: start_ns is "},
        std::pair{"broadcast", "rounds, round 2: broadcast_ns is 0, "},
        std::pair{"collect", "rounds, round 2: collect_ns is 0, "},
        std::pair{"wait_evaluation", "rounds, round 3: start_ns is "},
        std::pair{"commit", "rounds, round 3: start_ns is "}}) {
    ASSERT_TRUE(WriteFileAtomically(ledger::LedgerPath(folder), original).ok());
    ASSERT_TRUE(
        Tamper(folder, absl::StrCat("UPDATE rounds SET ", phase, "_ns = 0 WHERE round = 2")).ok());
    ExpectFound(folder, message);
  }
}

TEST(VerifyRows, DoesNotWeighAConnectionOnWhichACallMayHaveBeenCut) {
  const std::string folder = WriteSyntheticRun();
  ASSERT_TRUE(Tamper(folder,
                     "UPDATE traffic SET wire_bytes_up = wire_bytes_up + 100000 WHERE round = 0;"
                     "UPDATE connections SET wire_bytes_up = wire_bytes_up + 100000 WHERE "
                     "connection = 1")
                  .ok());
  ExpectFound(folder, "connections, connection 1: what the wire carried beyond messages");
  ASSERT_TRUE(
      Tamper(folder, "INSERT INTO failures VALUES (2, 1, 'left', 'its host died', 0)").ok());
  const auto report = Verify(folder);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->bytes.connections, 4U);  // neither the host's nor the two of client 1
}

TEST(VerifyRows, FindsEachDroppedPhaseOfATask) {
  const std::string folder = WriteSyntheticRun();
  const std::string original = ReadFile(ledger::LedgerPath(folder)).value();
  for (const absl::string_view phase : kClientPhaseNames) {
    ASSERT_TRUE(WriteFileAtomically(ledger::LedgerPath(folder), original).ok());
    ASSERT_TRUE(Tamper(folder, absl::StrCat("UPDATE tasks SET ", phase,
                                            "_ns = 0 WHERE round = 2 AND client = 1 AND "
                                            "step = 1"))
                    .ok());
    ExpectFound(folder, "tasks, round 2, client 1, step 1: end_ns is ");
  }
}

TEST(VerifyRows, FindsADroppedPhaseThatTheTaskHides) {
  const std::string folder = WriteSyntheticRun();
  ASSERT_TRUE(Tamper(folder,
                     "UPDATE tasks SET end_ns = end_ns - queue_ns, queue_ns = 0 WHERE round = 2 "
                     "AND client = 1 AND step = 1")
                  .ok());
  ExpectFound(folder, "tasks, round 3, client 1, step 0: start_ns is ");
}

struct Mutation {
  const char* name;
  const char* sql;
  const char* message;
};

class VerifyTampered : public ::testing::TestWithParam<Mutation> {};

TEST_P(VerifyTampered, NamesTheRow) {
  const std::string folder = WriteSyntheticRun();
  const absl::Status tampered = Tamper(folder, GetParam().sql);
  ASSERT_TRUE(tampered.ok()) << tampered;
  ExpectFound(folder, GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    All, VerifyTampered,
    ::testing::Values(
        Mutation{"RoundsSwapped",
                 "UPDATE rounds SET round = 105 - round WHERE round IN (2, 3);"
                 "UPDATE rounds SET round = round - 100 WHERE round > 100",
                 "rounds, round 2: start_ns is "},
        Mutation{"RoundMissing", "DELETE FROM rounds WHERE round = 2", "rounds, round 3: round"},
        Mutation{"LastRoundMissing", "DELETE FROM rounds WHERE round = 4",
                 "steps, round 4, step 0: the ledger has rounds 1 .. 3"},
        Mutation{"StepMissing", "DELETE FROM steps WHERE round = 2 AND step = 0",
                 "steps, round 2, step 1: step"},
        Mutation{"StepTimeMoved",
                 "UPDATE steps SET broadcast_ns = broadcast_ns + 5, collect_ns = collect_ns - 5 "
                 "WHERE round = 2 AND step = 0",
                 "rounds, round 2: broadcast_ns"},
        Mutation{"TasksSwapped",
                 "UPDATE tasks SET client = client + 100 WHERE round = 2 AND client < 2;"
                 "UPDATE tasks SET client = 101 - client WHERE client >= 100",
                 "start_ns is "},
        Mutation{"TaskMissing", "DELETE FROM tasks WHERE round = 4 AND client = 1 AND step = 1",
                 "answers, round 4, client 1, step 1: has no row in tasks"},
        Mutation{"AnswerMissing", "DELETE FROM answers WHERE round = 2 AND client = 1 AND step = 1",
                 "tasks, round 2, client 1, step 1: has no row in answers"},
        Mutation{"AnswerAndTaskMissing",
                 "DELETE FROM answers WHERE round = 4 AND client = 1 AND step = 1;"
                 "DELETE FROM tasks WHERE round = 4 AND client = 1 AND step = 1",
                 "rounds, round 4: folded is 3, the number of its train answers is 2"},
        Mutation{"TrainTimeInsideMissing",
                 "UPDATE tasks SET forward_activations_ns = 0 WHERE round = 1 AND client = 0",
                 "tasks, round 1, client 0, step 1: the sum of the times"},
        Mutation{"DeviceTime", "UPDATE tasks SET device_ns = device_ns + 1 WHERE round = 3",
                 "tasks, round 3, client 0, step 0: device_ns"},
        Mutation{"StampBeforeItsCause",
                 "UPDATE answers SET received_ns = sent_ns - 1 WHERE round = 2 AND client = 1",
                 "answers, round 2, client 1, step 0: sent_ns"},
        Mutation{"FoldAfterTheStep",
                 "UPDATE answers SET folded_ns = folded_ns + 1000000000 WHERE task = 'train'",
                 "the step's end"},
        Mutation{"OffsetBeyondItsBound",
                 "UPDATE tasks SET clock_offset_ns = clock_offset_ns + 2000000 WHERE round = 2 AND "
                 "client = 1",
                 "tasks, round 2, client 1, step 0: the start of its upload"},
        Mutation{"OffsetBeyondItsBoundBelow",
                 "UPDATE tasks SET clock_offset_ns = clock_offset_ns - 2000000 WHERE round = 2 AND "
                 "client = 1",
                 "tasks, round 2, client 1, step 0: "},
        Mutation{"OffsetMissing",
                 "UPDATE tasks SET clock_offset_ns = NULL, clock_bound_ns = NULL WHERE round = 2",
                 "no \"clock\" failure"},
        Mutation{"BoundNegative", "UPDATE tasks SET clock_bound_ns = -1", "clock_bound_ns"},
        Mutation{"ByteOfTraffic",
                 "UPDATE traffic SET wire_bytes_up = wire_bytes_up - 1 WHERE round = 2 AND "
                 "connection = 2",
                 "rounds, round 2: wire_bytes_up is "},
        Mutation{"ByteOfTrafficBeforeRoundOne",
                 "UPDATE traffic SET wire_bytes_up = wire_bytes_up - 1 WHERE round = 0",
                 "connections, connection 1: wire_bytes_up is "},
        Mutation{"ByteOfAConnection",
                 "UPDATE connections SET wire_bytes_down = wire_bytes_down + 1 WHERE connection = "
                 "3",
                 "connections, connection 3: wire_bytes_down is "},
        Mutation{"ByteOfARound",
                 "UPDATE rounds SET payload_bytes_up = payload_bytes_up - 1 WHERE round = 3",
                 "rounds, round 3: payload_bytes_up is "},
        Mutation{"ByteOfATask",
                 "UPDATE tasks SET payload_bytes_down = payload_bytes_down - 1 WHERE round = 3 AND "
                 "client = 2 AND step = 1",
                 "tasks, client 2: the sum of payload_bytes_down is "},
        Mutation{"TooMuchHttp2",
                 "UPDATE traffic SET wire_bytes_up = wire_bytes_up + 100000 WHERE connection = 2 "
                 "AND round = 1;"
                 "UPDATE rounds SET wire_bytes_up = wire_bytes_up + 100000 WHERE round = 1;"
                 "UPDATE connections SET wire_bytes_up = wire_bytes_up + 100000 WHERE connection "
                 "= 2",
                 "connections, connection 2: what the wire carried beyond messages"},
        Mutation{"ConnectionMissing", "DELETE FROM connections WHERE connection = 2",
                 "traffic, round 1, connection 2: has no row in connections"},
        Mutation{"Weight",
                 "UPDATE answers SET weight = weight + 1 WHERE round = 2 AND client = 1 AND task = "
                 "'train'",
                 "rounds, round 2: total_weight is "},
        Mutation{"Weights",
                 "UPDATE answers SET weight = weight + 2 * client - 2 WHERE round = 2 AND client "
                 "<> 1 AND task = 'train'",
                 "rounds, round 2: train_loss is "},
        Mutation{"Dropped", "UPDATE rounds SET dropped = 1 WHERE round = 2",
                 "rounds, round 2: dropped is 1"},
        Mutation{"Metric", "UPDATE metrics SET value = value * 2 WHERE round = 2 AND client = 1",
                 "rounds, round 2: train_loss is "},
        Mutation{"HealthOfARoundThatIsNot",
                 "UPDATE health SET round = 9 WHERE round = 4 AND client = 1",
                 "health, round 9, client 1, activation1, dead: the ledger has rounds 0 .. 4"},
        Mutation{"HealthOfAClientThatIsNotFolded",
                 "UPDATE health SET client = 7 WHERE round = 2 AND client = 1",
                 "health, round 2, client 7, activation1, dead: its client's update is not in"},
        Mutation{"HealthTwice",
                 "INSERT INTO health SELECT * FROM health WHERE round = 3 AND client = 2",
                 "health, round 3, client 2, activation1, dead: occurs twice"},
        Mutation{"HealthOfAModelThatIsNotScored",
                 "DELETE FROM evaluations WHERE round = 0 AND examples_of = 'test'",
                 "health, round 0, activation1, zeros: its round's model was not scored"},
        Mutation{"ModelAfter", "UPDATE rounds SET model_after = '00000000deadbeef' WHERE round = 2",
                 "rounds, round 3: model_before is abcd000000000002"},
        Mutation{"LastModel", "UPDATE rounds SET model_after = '00000000deadbeef' WHERE round = 4",
                 "rounds, round 4: model_after is 00000000deadbeef"},
        Mutation{"Verdict", "UPDATE verdict SET outcome = 'stopped'", "status.json: outcome"},
        Mutation{"VerdictMissing", "DELETE FROM verdict", "status.json: outcome"}),
    [](const auto& mutation) { return mutation.param.name; });

// A table without its key, which no run writes, may hold a round twice.
TEST(VerifyRows, RefusesARoundThatIsThereTwice) {
  const std::string folder = WriteSyntheticRun({.finish = false});
  const absl::Status tampered = Tamper(folder,
                                       "CREATE TABLE keyless AS SELECT * FROM rounds;"
                                       "INSERT INTO keyless SELECT * FROM rounds WHERE round = 2;"
                                       "DROP TABLE rounds;"
                                       "ALTER TABLE keyless RENAME TO rounds");
  ASSERT_TRUE(tampered.ok()) << tampered;
  const absl::Status status = Verify(folder).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("rounds: round 2 occurs twice"));
}

}  // namespace
}  // namespace fedround::analysis
