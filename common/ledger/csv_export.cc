#include "common/ledger/csv_export.h"

#include <sqlite3.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/strings/substitute.h"
#include "common/base/check.h"
#include "common/base/io/file.h"
#include "common/base/status_macros.h"
#include "common/ledger/modelled_time.h"
#include "common/ledger/store/run_reader.h"
#include "common/ledger/store/schema.h"

namespace fedround::ledger {
namespace {

// A table's columns that its file has: one that an older program wrote does not have all of them,
// and its CSV files do not either.
class Columns {
 public:
  template <typename Row>
  static absl::StatusOr<Columns> Of(Database& database) {
    TableInfo table = Describe<Row>();
    ASSIGN_OR_RETURN(TableQuery query, TableQuery::Open(database, table));
    Columns columns(table.name);
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      columns.names_.push_back(std::move(table.columns[i].name));
      columns.in_file_.push_back(std::move(query.table.columns[i].name));
      columns.there_.push_back(query.at[i] >= 0);
    }
    return columns;
  }

  // Those from `first` on until before `end` (empty: all that follow), as items of a SELECT;
  // nanoseconds become seconds.
  std::string Items(absl::string_view first, absl::string_view end) const {
    std::vector<std::string> items;
    const std::size_t last = end.empty() ? names_.size() : At(end);
    for (std::size_t i = At(first); i < last; ++i) {
      if (there_[i]) items.push_back(Item(i));
    }
    return absl::StrJoin(items, ",\n  ");
  }
  bool Has(absl::string_view name) const { return there_[At(name)]; }
  // What the file calls it.
  absl::string_view InFile(absl::string_view name) const { return in_file_[At(name)]; }
  // Its value, 0 where it is not there.
  std::string ValueOr0(absl::string_view name) const {
    return Has(name) ? absl::StrCat(table_, ".", InFile(name)) : "0";
  }

 private:
  explicit Columns(absl::string_view table) : table_(table) {}

  std::size_t At(absl::string_view name) const {
    const auto at = std::ranges::find(names_, name);
    CHECK(at != names_.end());
    return static_cast<std::size_t>(at - names_.begin());
  }
  std::string Item(std::size_t column) const {
    absl::string_view stem = names_[column];
    if (!absl::ConsumeSuffix(&stem, "_ns")) {
      return absl::StrCat(table_, ".", in_file_[column], " AS ", stem);
    }
    return absl::StrCat(table_, ".", in_file_[column], " / 1e9 AS ", stem, "_s");
  }

  const absl::string_view table_;
  std::vector<std::string> names_;
  std::vector<std::string> in_file_;
  std::vector<bool> there_;
};

// The phases of a round, in their order, as arguments of a function.
std::string PhaseArguments(const Columns& rounds) {
  const auto value = [&rounds](std::string* sql, absl::string_view phase) {
    *sql += rounds.ValueOr0(absl::StrCat(phase, "_ns"));
  };
  return absl::StrJoin(kRoundPhaseNames, ", ", value);
}

constexpr absl::string_view kRoundsCsv = R"sql(
SELECT
  round,
  test.accuracy AS accuracy,
  test.loss AS loss,
  wall_ns($0) / 1e9 AS wall_s,
  modelled_ns($0, slowest_ns) / 1e9 AS modelled_s,
  validation.accuracy AS validation_accuracy,
  validation.loss AS validation_loss,
  shards.accuracy AS clients_accuracy,
  shards.loss AS clients_loss,
  train_loss,
  $1,
  $2,
  (test.wall_ns + coalesce(validation.wall_ns, 0)) / 1e9 AS evaluate_s,
  $3,
  iif(wire_bytes_down > 0, wire_bytes_down - message_bytes_down, 0) AS http2_bytes_down,
  iif(wire_bytes_up > 0, wire_bytes_up - message_bytes_up, 0) AS http2_bytes_up,
  coalesce(control.down, 0) AS http2_control_bytes_down,
  coalesce(control.up, 0) AS http2_control_bytes_up,
  $4,
  total_weight,
  model_after AS model
FROM rounds
LEFT JOIN (SELECT * FROM evaluations WHERE examples_of = 'test') AS test USING (round)
LEFT JOIN (SELECT * FROM evaluations WHERE examples_of = 'validation') AS validation USING (round)
LEFT JOIN (SELECT * FROM evaluations WHERE examples_of = 'clients') AS shards USING (round)
LEFT JOIN (SELECT round, max(device_ns) AS slowest_ns
           FROM tasks JOIN answers USING (round, client, $5, task)
           WHERE task = 'train' GROUP BY round) USING (round)
LEFT JOIN (SELECT round,
                  sum(iif(payload_bytes_down = 0, wire_bytes_down - message_bytes_down, 0)) AS down,
                  sum(iif(payload_bytes_up = 0, wire_bytes_up - message_bytes_up, 0)) AS up
           FROM traffic WHERE wire_bytes_down + wire_bytes_up > 0
           GROUP BY round) AS control USING (round)
ORDER BY round
)sql";

absl::StatusOr<std::string> RoundsCsv(Database& database) {
  ASSIGN_OR_RETURN(const Columns rounds, Columns::Of<RoundRow>(database));
  ASSIGN_OR_RETURN(const Columns tasks, Columns::Of<TaskRow>(database));
  return absl::Substitute(
      kRoundsCsv, PhaseArguments(rounds), rounds.Items("cohort", "total_weight"),
      rounds.Items("idle_ns", "record_ns"), rounds.Items("record_ns", "retransmitted_bytes_down"),
      rounds.Items("retransmitted_bytes_down", ""), tasks.InFile("step"));
}

constexpr absl::string_view kClientsCsv = R"sql(
SELECT
  tasks.round AS round,
  tasks.client AS client,
  task,
  weight,
  (task = 'train' AND weight IS NOT NULL) AS folded,
  $0,
  $1,
  wire.down AS wire_bytes_down,
  wire.up AS wire_bytes_up,
  metrics.value AS train_loss$2
FROM tasks
LEFT JOIN answers USING (round, client, $3, task)
LEFT JOIN clients ON clients.client = tasks.client
LEFT JOIN metrics
  ON task = 'train' AND metrics.round = tasks.round AND metrics.client = tasks.client
     AND metrics.name = 'train_loss'
LEFT JOIN (SELECT round, client, sum(traffic.wire_bytes_down) AS down, sum(traffic.wire_bytes_up) AS up
           FROM traffic JOIN connections USING (connection)
           WHERE client IS NOT NULL GROUP BY round, client) AS wire
  ON task = 'train' AND wire.round = tasks.round AND wire.client = tasks.client
ORDER BY tasks.round, tasks.client, $3
)sql";
constexpr absl::string_view kClientName = R"sql(,
  '"' || replace(clients.name, '"', '""') || '"' AS client_name)sql";

absl::StatusOr<std::string> ClientsCsv(Database& database) {
  ASSIGN_OR_RETURN(const Columns tasks, Columns::Of<TaskRow>(database));
  ASSIGN_OR_RETURN(const Columns clients, Columns::Of<ClientRecord>(database));
  return absl::Substitute(kClientsCsv, tasks.Items("wait_instruction_ns", "device_ns"),
                          tasks.Items("clock_offset_ns", ""),
                          clients.Has("name") ? kClientName : "", tasks.InFile("step"));
}

absl::StatusOr<std::string> HealthCsv(Database& database) {
  ASSIGN_OR_RETURN(const Columns health, Columns::Of<HealthRow>(database));
  return absl::StrCat("SELECT ", health.Items("round", ""), " FROM health ORDER BY round, rowid");
}

// The arguments of an SQL function of times. A missing one counts as 0. A file may hold anything: a
// time that is out of the reader's range is an error of the call, so that no sum overflows.
class Times {
 public:
  Times(sqlite3_context* context, sqlite3_value** arguments)
      : context_(context), arguments_(arguments) {}

  Nanos Take(int argument, Nanos largest) {
    const Nanos time = sqlite3_value_int64(arguments_[argument]);
    if (time >= -largest && time <= largest) return time;
    good_ = false;
    return 0;
  }
  RoundFigures TakePhases() {
    RoundFigures round;
    for (int i = 0; i < kRoundPhases; ++i) round.phase_ns[i] = Take(i, kLongestPhase);
    return round;
  }
  void Return(Nanos result) const {
    if (good_) return sqlite3_result_int64(context_, result);
    sqlite3_result_error(context_, "a time is out of range", -1);
  }

 private:
  sqlite3_context* const context_;
  sqlite3_value** const arguments_;
  bool good_ = true;
};

// The two formulas are in modelled_time.h; SQL calls them with the phases of a round.
void SqlWallTime(sqlite3_context* context, int, sqlite3_value** arguments) {
  Times times(context, arguments);
  times.Return(WallTime(times.TakePhases()));
}

void SqlModelledTime(sqlite3_context* context, int, sqlite3_value** arguments) {
  Times times(context, arguments);
  const RoundFigures round = times.TakePhases();
  const Nanos slowest = times.Take(kRoundPhases, kLargestTime);
  times.Return(ModelledTime(round, slowest));
}

void AddFunction(Database& database, const char* name, int arguments,
                 void (*function)(sqlite3_context*, int, sqlite3_value**)) {
  CHECK(sqlite3_create_function(database.handle(), name, arguments,
                                SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr, function, nullptr,
                                nullptr) == SQLITE_OK);
}

struct CsvQuery {
  absl::string_view file;
  absl::StatusOr<std::string> (*sql)(Database& database);
};
constexpr CsvQuery kQueries[] = {
    {"rounds.csv", RoundsCsv}, {"clients.csv", ClientsCsv}, {"health.csv", HealthCsv}};

void AppendHeader(std::string& text, const Statement& rows) {
  for (int i = 0; i < rows.columns(); ++i) {
    if (i > 0) text += ',';
    text.append(rows.name(i).data(), rows.name(i).size());
  }
  text += '\n';
}

// No field needs quotes beyond those that the query sets: the others are numbers, our own names and
// hexadecimal digits.
void AppendRow(std::string& text, const Statement& rows) {
  for (int i = 0; i < rows.columns(); ++i) {
    if (i > 0) text += ',';
    rows.AppendTo(text, i);
  }
  text += '\n';
}

}  // namespace

absl::Status MakeCsv(Database& database, absl::string_view name, CsvSink sink) {
  constexpr std::size_t kPiece = 1 << 16;
  AddFunction(database, "wall_ns", kRoundPhases, SqlWallTime);
  AddFunction(database, "modelled_ns", kRoundPhases + 1, SqlModelledTime);
  const auto query = std::ranges::find(kQueries, name, &CsvQuery::file);
  CHECK(query != std::end(kQueries));
  ASSIGN_OR_RETURN(const std::string sql, query->sql(database));
  ASSIGN_OR_RETURN(Statement rows, database.Prepare(sql));
  std::string text;
  AppendHeader(text, rows);
  while (true) {
    ASSIGN_OR_RETURN(const bool has_row, rows.Next());
    if (!has_row) return sink(text);
    AppendRow(text, rows);
    if (text.size() < kPiece) continue;
    RETURN_IF_ERROR(sink(text));
    text.clear();
  }
}

absl::Status ExportCsv(Database& database, const std::string& folder) {
  for (const absl::string_view name : kCsvFiles) {
    ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(absl::StrCat(folder, "/", name)));
    RETURN_IF_ERROR(
        MakeCsv(database, name, [&file](absl::string_view piece) { return file.Append(piece); }));
    RETURN_IF_ERROR(file.Commit());
  }
  return absl::OkStatus();
}

}  // namespace fedround::ledger
