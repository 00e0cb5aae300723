// Every change of a number in the ledger must be found; the columns in which it cannot be are listed
// here.
#include <set>

#include "tests/experiments/analysis/verify/tampering.h"

namespace fedround::analysis {
namespace {

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
          {"steps", "round, step", {}},
          {"answers",
           "round, client, step",
           // Bounded.
           {"sent_ns", "received_ns", "accepted_ns", "fold_start_ns", "folded_ns"}},
          {"metrics", "round, client, name", {}},
          {"health", "rowid", {}},
          {"tasks",
           "round, client, step",
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

TEST(VerifyCells, FindsAnyNumberChangedByOneInAColumnThatIsNotFree) {
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
