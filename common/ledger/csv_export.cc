#include "common/ledger/csv_export.h"

#include <sqlite3.h>

#include "absl/strings/string_view.h"
#include "common/base/check.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "common/ledger/modelled_time.h"

namespace fedround::ledger {
namespace {

constexpr absl::string_view kRoundsCsv = R"sql(
SELECT
  round,
  test.accuracy AS accuracy,
  test.loss AS loss,
  wall_ns(select_ns, broadcast_ns, collect_ns, commit_ns) / 1e9 AS wall_s,
  modelled_ns(select_ns, broadcast_ns, commit_ns, slowest_ns) / 1e9 AS modelled_s,
  validation.accuracy AS validation_accuracy,
  validation.loss AS validation_loss,
  shards.accuracy AS clients_accuracy,
  shards.loss AS clients_loss,
  train_loss,
  cohort,
  rounds.folded AS folded,
  dropped,
  select_ns / 1e9 AS select_s,
  broadcast_ns / 1e9 AS broadcast_s,
  collect_ns / 1e9 AS collect_s,
  commit_ns / 1e9 AS commit_s,
  fold_ns / 1e9 AS fold_s,
  (test.wall_ns + coalesce(validation.wall_ns, 0)) / 1e9 AS evaluate_s,
  payload_bytes_down,
  payload_bytes_up,
  message_bytes_down,
  message_bytes_up,
  total_weight,
  model_after AS model
FROM rounds
LEFT JOIN (SELECT * FROM evaluations WHERE examples_of = 'test') AS test USING (round)
LEFT JOIN (SELECT * FROM evaluations WHERE examples_of = 'validation') AS validation USING (round)
LEFT JOIN (SELECT * FROM evaluations WHERE examples_of = 'clients') AS shards USING (round)
LEFT JOIN (SELECT round, max(device_ns) AS slowest_ns
           FROM tasks JOIN folded USING (round, client)
           WHERE task = 'train' GROUP BY round) USING (round)
ORDER BY round
)sql";

constexpr absl::string_view kClientsCsv = R"sql(
SELECT
  tasks.round AS round,
  tasks.client AS client,
  task,
  weight,
  (weight IS NOT NULL) AS folded,
  download_ns / 1e9 AS download_s,
  decode_ns / 1e9 AS decode_s,
  wait_slot_ns / 1e9 AS wait_slot_s,
  train_ns / 1e9 AS train_s,
  encode_ns / 1e9 AS encode_s,
  wait_credit_ns / 1e9 AS wait_credit_s,
  upload_ns / 1e9 AS upload_s,
  train_cpu_ns / 1e9 AS train_cpu_s,
  payload_bytes_down,
  payload_bytes_up,
  message_bytes_down,
  message_bytes_up,
  metrics.value AS train_loss
FROM tasks
LEFT JOIN folded
  ON task = 'train' AND folded.round = tasks.round AND folded.client = tasks.client
LEFT JOIN metrics
  ON task = 'train' AND metrics.round = tasks.round AND metrics.client = tasks.client
     AND name = 'train_loss'
ORDER BY tasks.round, tasks.client, attempt, task
)sql";

// The two formulas live in modelled_time.h; SQL calls them. A missing argument counts as 0.
void SqlWallTime(sqlite3_context* context, int, sqlite3_value** arguments) {
  RoundRecord round;
  round.select_ns = sqlite3_value_int64(arguments[0]);
  round.broadcast_ns = sqlite3_value_int64(arguments[1]);
  round.collect_ns = sqlite3_value_int64(arguments[2]);
  round.commit_ns = sqlite3_value_int64(arguments[3]);
  sqlite3_result_int64(context, WallTime(round));
}

void SqlModelledTime(sqlite3_context* context, int, sqlite3_value** arguments) {
  RoundRecord round;
  round.select_ns = sqlite3_value_int64(arguments[0]);
  round.broadcast_ns = sqlite3_value_int64(arguments[1]);
  round.commit_ns = sqlite3_value_int64(arguments[2]);
  sqlite3_result_int64(context, ModelledTime(round, sqlite3_value_int64(arguments[3])));
}

void AddFunction(Database& database, const char* name,
                 void (*function)(sqlite3_context*, int, sqlite3_value**)) {
  CHECK(sqlite3_create_function(database.handle(), name, 4, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                                nullptr, function, nullptr, nullptr) == SQLITE_OK);
}

// No field needs quotes: all are numbers, names of ours and hexadecimal digits.
absl::Status Export(Database& database, absl::string_view query, const std::string& path) {
  ASSIGN_OR_RETURN(Statement rows, database.Prepare(query));
  std::string text;
  for (int i = 0; i < rows.columns(); ++i) {
    if (i > 0) text += ',';
    text.append(rows.name(i).data(), rows.name(i).size());
  }
  text += '\n';
  while (true) {
    ASSIGN_OR_RETURN(const bool has_row, rows.Next());
    if (!has_row) break;
    for (int i = 0; i < rows.columns(); ++i) {
      if (i > 0) text += ',';
      rows.AppendTo(text, i);
    }
    text += '\n';
  }
  return WriteFileAtomically(path, text);
}

}  // namespace

absl::Status ExportCsv(Database& database, const std::string& folder) {
  AddFunction(database, "wall_ns", SqlWallTime);
  AddFunction(database, "modelled_ns", SqlModelledTime);
  RETURN_IF_ERROR(Export(database, kRoundsCsv, folder + "/rounds.csv"));
  return Export(database, kClientsCsv, folder + "/clients.csv");
}

}  // namespace fedround::ledger
