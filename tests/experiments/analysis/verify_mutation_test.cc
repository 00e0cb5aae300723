// Every change in a run folder must be found; the columns in which it cannot be are listed here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "common/ledger/csv_export.h"
#include "common/ledger/store/sqlite.h"
#include "experiments/analysis/verify/verify.h"
#include "tests/experiments/analysis/synthetic_run.h"

namespace fedround::analysis {
namespace {

using ::testing::HasSubstr;

// Changes the ledger, and the CSV files as well: else they would give each change away.
absl::Status Tamper(const std::string& folder, const std::string& sql) {
  ASSIGN_OR_RETURN(ledger::Database database,
                   ledger::Database::Create(ledger::LedgerPath(folder), sql));
  RETURN_IF_ERROR(ledger::ExportCsv(database, folder));
  database.LeaveWal();
  return absl::OkStatus();
}

void ExpectFound(const std::string& folder, const std::string& message) {
  const absl::Status status = Verify(folder).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << message;
  EXPECT_THAT(status.message(), HasSubstr(message));
}

TEST(VerifyMutation, FindsEachDroppedPhaseOfARound) {
  const std::string folder = WriteSyntheticRun();
  const std::string original = ReadFile(ledger::LedgerPath(folder)).value();
  // Idle is 0 already.
  for (const auto& [phase, message] :
       {std::pair{"select", "steps, round 2, attempt 0: start_ns is "},
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

TEST(VerifyMutation, DoesNotWeighAConnectionOnWhichACallMayHaveBeenCut) {
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

TEST(VerifyMutation, FindsEachDroppedPhaseOfATask) {
  const std::string folder = WriteSyntheticRun();
  const std::string original = ReadFile(ledger::LedgerPath(folder)).value();
  for (const absl::string_view phase : kClientPhaseNames) {
    ASSERT_TRUE(WriteFileAtomically(ledger::LedgerPath(folder), original).ok());
    ASSERT_TRUE(Tamper(folder, absl::StrCat("UPDATE tasks SET ", phase,
                                            "_ns = 0 WHERE round = 2 AND client = 1 AND "
                                            "attempt = 1"))
                    .ok());
    ExpectFound(folder, "tasks, round 2, client 1, attempt 1: end_ns is ");
  }
}

TEST(VerifyMutation, FindsADroppedPhaseThatTheTaskHides) {
  const std::string folder = WriteSyntheticRun();
  ASSERT_TRUE(Tamper(folder,
                     "UPDATE tasks SET end_ns = end_ns - queue_ns, queue_ns = 0 WHERE round = 2 "
                     "AND client = 1 AND attempt = 1")
                  .ok());
  ExpectFound(folder, "tasks, round 3, client 1, attempt 0: start_ns is ");
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
                 "steps, round 4, attempt 0: the ledger has rounds 1 .. 3"},
        Mutation{"StepMissing", "DELETE FROM steps WHERE round = 2 AND attempt = 0",
                 "steps, round 2, attempt 1: attempt"},
        Mutation{"StepTimeMoved",
                 "UPDATE steps SET broadcast_ns = broadcast_ns + 5, collect_ns = collect_ns - 5 "
                 "WHERE round = 2 AND attempt = 0",
                 "rounds, round 2: broadcast_ns"},
        Mutation{"TasksSwapped",
                 "UPDATE tasks SET client = client + 100 WHERE round = 2 AND client < 2;"
                 "UPDATE tasks SET client = 101 - client WHERE client >= 100",
                 "start_ns is "},
        Mutation{"TaskMissing", "DELETE FROM tasks WHERE round = 4 AND client = 1 AND attempt = 1",
                 "answers, round 4, client 1, attempt 1: has no row in tasks"},
        Mutation{"AnswerMissing",
                 "DELETE FROM answers WHERE round = 2 AND client = 1 AND attempt = 1",
                 "tasks, round 2, client 1, attempt 1: has no row in answers"},
        Mutation{"AnswerAndTaskMissing",
                 "DELETE FROM answers WHERE round = 4 AND client = 1 AND attempt = 1;"
                 "DELETE FROM tasks WHERE round = 4 AND client = 1 AND attempt = 1",
                 "rounds, round 4: folded is 3, the number of its train answers is 2"},
        Mutation{"TrainTimeInsideMissing",
                 "UPDATE tasks SET forward_activations_ns = 0 WHERE round = 1 AND client = 0",
                 "tasks, round 1, client 0, attempt 1: the sum of the times"},
        Mutation{"DeviceTime", "UPDATE tasks SET device_ns = device_ns + 1 WHERE round = 3",
                 "tasks, round 3, client 0, attempt 0: device_ns"},
        Mutation{"StampBeforeItsCause",
                 "UPDATE answers SET received_ns = sent_ns - 1 WHERE round = 2 AND client = 1",
                 "answers, round 2, client 1, attempt 0: sent_ns"},
        Mutation{"FoldAfterTheStep",
                 "UPDATE answers SET folded_ns = folded_ns + 1000000000 WHERE task = 'train'",
                 "the step's end"},
        Mutation{"OffsetBeyondItsBound",
                 "UPDATE tasks SET clock_offset_ns = clock_offset_ns + 2000000 WHERE round = 2 AND "
                 "client = 1",
                 "tasks, round 2, client 1, attempt 0: the start of its upload"},
        Mutation{"OffsetBeyondItsBoundBelow",
                 "UPDATE tasks SET clock_offset_ns = clock_offset_ns - 2000000 WHERE round = 2 AND "
                 "client = 1",
                 "tasks, round 2, client 1, attempt 0: "},
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
                 "client = 2 AND attempt = 1",
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
TEST(VerifyMutation, RefusesARoundThatIsThereTwice) {
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

// ---- files ----

void Replace(const std::string& path, absl::string_view from, absl::string_view to) {
  std::string text = ReadFile(path).value();
  const std::size_t at = text.find(std::string(from));
  ASSERT_NE(at, std::string::npos) << path;
  text.replace(at, from.size(), std::string(to));
  ASSERT_TRUE(WriteFileAtomically(path, text).ok());
}

TEST(VerifyMutation, FindsADigitOfACsvFile) {
  const std::string folder = WriteSyntheticRun();
  Replace(folder + "/clients.csv", "\n2,", "\n3,");
  ExpectFound(folder, "clients.csv: line 8 is not what ledger.sqlite says");
}

TEST(VerifyMutation, FindsALineThatIsMissingAtTheEndOfACsvFile) {
  const std::string folder = WriteSyntheticRun();
  std::string text = ReadFile(folder + "/rounds.csv").value();
  text.resize(text.rfind('\n', text.size() - 2) + 1);
  ASSERT_TRUE(WriteFileAtomically(folder + "/rounds.csv", text).ok());
  ExpectFound(folder, "rounds.csv: line 5 is not what ledger.sqlite says");
}

// A file may say that it is larger than any memory.
TEST(VerifyMutation, FindsFilesThatGoOnWithoutReadingThem) {
  for (const char* name : {"rounds.csv", "clients.csv", "health.csv", "model.safetensors"}) {
    const std::string folder = WriteSyntheticRun();
    std::filesystem::resize_file(absl::StrCat(folder, "/", name), std::uintmax_t{50} << 30);
    ExpectFound(folder, absl::StrCat(name, ": "));
  }
}

TEST(VerifyMutation, FindsAMissingCsvFile) {
  const std::string folder = WriteSyntheticRun();
  std::filesystem::remove(folder + "/rounds.csv");
  ExpectFound(folder, "rounds.csv: ");
}

TEST(VerifyMutation, FindsAFlippedBitOfTheModel) {
  const std::string folder = WriteSyntheticRun();
  const std::string path = folder + "/model.safetensors";
  std::string bytes = ReadFile(path).value();
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  ASSERT_TRUE(WriteFileAtomically(path, bytes).ok());
  ExpectFound(folder, "status.json: model_sha256 is ");
}

TEST(VerifyMutation, FindsThatTheModelOfAFinishedRunIsMissing) {
  const std::string folder = WriteSyntheticRun();
  std::filesystem::remove(folder + "/model.safetensors");
  ExpectFound(folder, "model.safetensors: ");
  std::filesystem::remove(folder + "/status.json");
  ExpectFound(folder, "model.safetensors: ");
}

TEST(VerifyMutation, FindsAnotherModelWithItsHash) {
  const std::string folder = WriteSyntheticRun();
  const std::string path = folder + "/model.safetensors";
  ledger::RunStatus status = ledger::ReadRunStatus(folder).value();
  std::string bytes = ReadFile(path).value();
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  ASSERT_TRUE(WriteFileAtomically(path, bytes).ok());
  status.model_sha256 = Sha256Hex(bytes);
  ASSERT_TRUE(ledger::WriteRunStatus(folder, status).ok());
  ExpectFound(folder, "rounds, round 4: model_after is ");
}

TEST(VerifyMutation, FindsAnotherStatus) {
  const std::string folder = WriteSyntheticRun();
  Replace(folder + "/status.json", "\"rounds_done\": 4", "\"rounds_done\": 3");
  ExpectFound(folder, "status.json: rounds_done is 3");
}

TEST(VerifyMutation, FindsAnotherConfiguration) {
  const std::string folder = WriteSyntheticRun();
  Replace(folder + "/config.toml", "seed = 5", "seed = 6");
  ExpectFound(folder, "manifest.json: experiment_hash is ");
}

TEST(VerifyMutation, FindsClientsThatTheSeedDidNotDraw) {
  const std::string folder = WriteSyntheticRun({.clients = 6, .cohort = 3});
  Replace(folder + "/config.toml", "seed = 5", "seed = 6");
  ledger::Manifest manifest = ledger::ReadManifest(folder).value();
  const Experiment experiment = LoadExperiment(folder + "/config.toml", {}).value();
  manifest.seed = 6;
  manifest.experiment_hash = Sha256Hex(SerializeExperiment(experiment));
  ASSERT_TRUE(ledger::WriteManifest(folder, manifest).ok());
  ExpectFound(folder, "its client is not in the cohort that seed and round draw");
}

// ---- any cell ----

struct Table {
  const char* name;
  const char* key;
  std::set<std::string> free;  // columns in which a change of 1 is not found
};

// A number stands alone if nothing else in the folder follows from it, and is bounded if a change
// of 1 leaves all orders as they were.
std::vector<Table> Tables() {
  return {{"rounds",
           "round",
           // Stand alone. The last round's own end is known from nothing else: a change of its last
           // two phases is found in all rounds but that one.
           {"idle_cpu_ns", "select_cpu_ns", "broadcast_cpu_ns", "collect_cpu_ns",
            "wait_evaluation_cpu_ns", "commit_cpu_ns", "fold_ns", "fold_cpu_ns", "record_ns",
            "involuntary_switches", "steal_ns", "probe_ns", "wait_evaluation_ns", "commit_ns"}},
          {"steps", "round, attempt", {}},
          {"answers",
           "round, client, attempt",
           // Bounded.
           {"sent_ns", "received_ns", "accepted_ns", "fold_start_ns", "folded_ns"}},
          {"metrics", "round, client, name", {}},
          {"health", "rowid", {}},
          {"tasks",
           "round, client, attempt",
           // Stand alone,
           {"wait_instruction_cpu_ns", "queue_cpu_ns", "download_cpu_ns", "decode_cpu_ns",
            "wait_slot_cpu_ns", "train_cpu_ns", "encode_cpu_ns", "wait_credit_cpu_ns",
            "upload_cpu_ns", "steps", "sampled_steps", "involuntary_switches",
            // or are bounded.
            "clock_offset_ns", "clock_bound_ns", "message_bytes_down", "message_bytes_up"}},
          {"clients", "client", {"pid", "examples", "joined_ns"}},
          {"connections", "connection", {"opened_ns", "closed_ns"}},
          {"traffic",
           "round, connection",
           // Outside of rounds only: between them each is a part of its round's.
           {"payload_bytes_down", "payload_bytes_up", "message_bytes_down", "message_bytes_up"}},
          {"evaluations",
           "round, examples_of",
           // Of a score that no round needs.
           {"round", "examples", "start_ns", "wall_ns", "cpu_ns"}},
          {"verdict", "rowid", {}}};
}

std::vector<std::string> IntegerColumns(ledger::Database& database, const Table& table) {
  ledger::Statement rows = database
                               .Prepare(absl::StrCat("SELECT name FROM pragma_table_info('",
                                                     table.name, "') WHERE type = 'INTEGER'"))
                               .value();
  std::vector<std::string> names;
  while (rows.Next().value()) names.push_back(rows.Text(0).value());
  return names;
}

struct Cell {
  const Table& table;
  std::string column;
  std::uint64_t rows;  // that hold a number there
};

std::vector<Cell> IntegerCells(const std::string& folder, const std::vector<Table>& tables) {
  ledger::Database database = ledger::OpenLedger(folder).value();
  std::vector<Cell> cells;
  for (const Table& table : tables) {
    for (const std::string& column : IntegerColumns(database, table)) {
      ledger::Statement count = database
                                    .Prepare(absl::StrCat("SELECT count(*) FROM ", table.name,
                                                          " WHERE ", column, " IS NOT NULL"))
                                    .value();
      EXPECT_TRUE(count.Next().value());
      const std::uint64_t rows = count.Natural(0).value();
      if (rows > 0) cells.push_back({table, column, rows});
    }
  }
  return cells;
}

TEST(VerifyMutation, FindsAnyNumberChangedByOneInAColumnThatIsNotFree) {
  const std::string folder = WriteSyntheticRun();
  const std::string path = ledger::LedgerPath(folder);
  const std::string original = ReadFile(path).value();
  const std::vector<Table> tables = Tables();
  const std::vector<Cell> cells = IntegerCells(folder, tables);
  Rng rng(3, RngPurpose::kSyntheticData);
  int found = 0;
  for (int trial = 0; trial < 300;) {
    const Cell& cell = cells[rng.Below(static_cast<std::uint32_t>(cells.size()))];
    const char* change = rng.Below(2) == 0 ? " + 1" : " - 1";
    const std::string sql =
        absl::StrCat("UPDATE ", cell.table.name, " SET ", cell.column, " = ", cell.column, change,
                     " WHERE (", cell.table.key, ") = (SELECT ", cell.table.key, " FROM ",
                     cell.table.name, " WHERE ", cell.column, " IS NOT NULL LIMIT 1 OFFSET ",
                     rng.Below(static_cast<std::uint32_t>(cell.rows)), ")");
    ASSERT_TRUE(WriteFileAtomically(path, original).ok());
    if (!Tamper(folder, sql).ok()) continue;  // that key is taken
    ++trial;
    const bool verified = Verify(folder).ok();
    found += verified ? 0 : 1;
    if (!cell.table.free.contains(cell.column)) {
      EXPECT_FALSE(verified) << sql;
    }
  }
  EXPECT_GT(found, 100);
}

}  // namespace
}  // namespace fedround::analysis
