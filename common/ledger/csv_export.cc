#include "common/ledger/csv_export.h"

#include <sqlite3.h>

#include <algorithm>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/check.h"
#include "common/base/io/file.h"
#include "common/base/status_macros.h"
#include "common/ledger/modelled_time.h"

namespace fedround::ledger {
namespace {

constexpr absl::string_view kRoundsCsv = R"sql(
SELECT
  round,
  test.accuracy AS accuracy,
  test.loss AS loss,
  wall_ns(select_ns, broadcast_ns, collect_ns, wait_evaluation_ns, commit_ns) / 1e9 AS wall_s,
  modelled_ns(select_ns, broadcast_ns, commit_ns, slowest_ns) / 1e9 AS modelled_s,
  validation.accuracy AS validation_accuracy,
  validation.loss AS validation_loss,
  shards.accuracy AS clients_accuracy,
  shards.loss AS clients_loss,
  train_loss,
  cohort,
  folded,
  dropped,
  idle_ns / 1e9 AS idle_s,
  select_ns / 1e9 AS select_s,
  broadcast_ns / 1e9 AS broadcast_s,
  collect_ns / 1e9 AS collect_s,
  wait_evaluation_ns / 1e9 AS wait_evaluation_s,
  commit_ns / 1e9 AS commit_s,
  idle_cpu_ns / 1e9 AS idle_cpu_s,
  select_cpu_ns / 1e9 AS select_cpu_s,
  broadcast_cpu_ns / 1e9 AS broadcast_cpu_s,
  collect_cpu_ns / 1e9 AS collect_cpu_s,
  wait_evaluation_cpu_ns / 1e9 AS wait_evaluation_cpu_s,
  commit_cpu_ns / 1e9 AS commit_cpu_s,
  fold_ns / 1e9 AS fold_s,
  fold_cpu_ns / 1e9 AS fold_cpu_s,
  (test.wall_ns + coalesce(validation.wall_ns, 0)) / 1e9 AS evaluate_s,
  record_ns / 1e9 AS record_s,
  involuntary_switches,
  steal_ns / 1e9 AS steal_s,
  probe_ns / 1e9 AS probe_s,
  payload_bytes_down,
  payload_bytes_up,
  message_bytes_down,
  message_bytes_up,
  wire_bytes_down,
  wire_bytes_up,
  iif(wire_bytes_down > 0, wire_bytes_down - message_bytes_down, 0) AS http2_bytes_down,
  iif(wire_bytes_up > 0, wire_bytes_up - message_bytes_up, 0) AS http2_bytes_up,
  coalesce(control.down, 0) AS http2_control_bytes_down,
  coalesce(control.up, 0) AS http2_control_bytes_up,
  retransmitted_bytes_down,
  total_weight,
  model_after AS model
FROM rounds
LEFT JOIN (SELECT * FROM evaluations WHERE examples_of = 'test') AS test USING (round)
LEFT JOIN (SELECT * FROM evaluations WHERE examples_of = 'validation') AS validation USING (round)
LEFT JOIN (SELECT * FROM evaluations WHERE examples_of = 'clients') AS shards USING (round)
LEFT JOIN (SELECT round, max(device_ns) AS slowest_ns
           FROM tasks JOIN answers USING (round, client, attempt, task)
           WHERE task = 'train' GROUP BY round) USING (round)
LEFT JOIN (SELECT round,
                  sum(iif(payload_bytes_down = 0, wire_bytes_down - message_bytes_down, 0)) AS down,
                  sum(iif(payload_bytes_up = 0, wire_bytes_up - message_bytes_up, 0)) AS up
           FROM traffic WHERE wire_bytes_down + wire_bytes_up > 0
           GROUP BY round) AS control USING (round)
ORDER BY round
)sql";

constexpr absl::string_view kClientsCsv = R"sql(
SELECT
  tasks.round AS round,
  tasks.client AS client,
  task,
  weight,
  (task = 'train' AND weight IS NOT NULL) AS folded,
  wait_instruction_ns / 1e9 AS wait_instruction_s,
  queue_ns / 1e9 AS queue_s,
  download_ns / 1e9 AS download_s,
  decode_ns / 1e9 AS decode_s,
  wait_slot_ns / 1e9 AS wait_slot_s,
  train_ns / 1e9 AS train_s,
  encode_ns / 1e9 AS encode_s,
  wait_credit_ns / 1e9 AS wait_credit_s,
  upload_ns / 1e9 AS upload_s,
  wait_instruction_cpu_ns / 1e9 AS wait_instruction_cpu_s,
  queue_cpu_ns / 1e9 AS queue_cpu_s,
  download_cpu_ns / 1e9 AS download_cpu_s,
  decode_cpu_ns / 1e9 AS decode_cpu_s,
  wait_slot_cpu_ns / 1e9 AS wait_slot_cpu_s,
  train_cpu_ns / 1e9 AS train_cpu_s,
  encode_cpu_ns / 1e9 AS encode_cpu_s,
  wait_credit_cpu_ns / 1e9 AS wait_credit_cpu_s,
  upload_cpu_ns / 1e9 AS upload_cpu_s,
  load_ns / 1e9 AS load_s,
  forward_products_ns / 1e9 AS forward_products_s,
  forward_activations_ns / 1e9 AS forward_activations_s,
  loss_ns / 1e9 AS loss_s,
  backward_products_ns / 1e9 AS backward_products_s,
  backward_activations_ns / 1e9 AS backward_activations_s,
  weight_update_ns / 1e9 AS weight_update_s,
  steps,
  sampled_steps,
  involuntary_switches,
  clock_offset_ns / 1e9 AS clock_offset_s,
  clock_bound_ns / 1e9 AS clock_bound_s,
  tasks.payload_bytes_down AS payload_bytes_down,
  tasks.payload_bytes_up AS payload_bytes_up,
  tasks.message_bytes_down AS message_bytes_down,
  tasks.message_bytes_up AS message_bytes_up,
  wire.down AS wire_bytes_down,
  wire.up AS wire_bytes_up,
  metrics.value AS train_loss,
  '"' || replace(clients.name, '"', '""') || '"' AS client_name
FROM tasks
LEFT JOIN answers USING (round, client, attempt, task)
LEFT JOIN clients ON clients.client = tasks.client
LEFT JOIN metrics
  ON task = 'train' AND metrics.round = tasks.round AND metrics.client = tasks.client
     AND metrics.name = 'train_loss'
LEFT JOIN (SELECT round, client, sum(traffic.wire_bytes_down) AS down, sum(traffic.wire_bytes_up) AS up
           FROM traffic JOIN connections USING (connection)
           WHERE client IS NOT NULL GROUP BY round, client) AS wire
  ON task = 'train' AND wire.round = tasks.round AND wire.client = tasks.client
ORDER BY tasks.round, tasks.client, attempt
)sql";

constexpr absl::string_view kHealthCsv = R"sql(
SELECT round, client, layer, quantity, value FROM health ORDER BY round, rowid
)sql";

// The two formulas live in modelled_time.h; SQL calls them. A missing argument counts as 0.
void SqlWallTime(sqlite3_context* context, int, sqlite3_value** arguments) {
  RoundRecord round;
  round.phase(RoundPhase::kSelect) = sqlite3_value_int64(arguments[0]);
  round.phase(RoundPhase::kBroadcast) = sqlite3_value_int64(arguments[1]);
  round.phase(RoundPhase::kCollect) = sqlite3_value_int64(arguments[2]);
  round.phase(RoundPhase::kWaitEvaluation) = sqlite3_value_int64(arguments[3]);
  round.phase(RoundPhase::kCommit) = sqlite3_value_int64(arguments[4]);
  sqlite3_result_int64(context, WallTime(round));
}

void SqlModelledTime(sqlite3_context* context, int, sqlite3_value** arguments) {
  RoundRecord round;
  round.phase(RoundPhase::kSelect) = sqlite3_value_int64(arguments[0]);
  round.phase(RoundPhase::kBroadcast) = sqlite3_value_int64(arguments[1]);
  round.phase(RoundPhase::kCommit) = sqlite3_value_int64(arguments[2]);
  sqlite3_result_int64(context, ModelledTime(round, sqlite3_value_int64(arguments[3])));
}

void AddFunction(Database& database, const char* name, int arguments,
                 void (*function)(sqlite3_context*, int, sqlite3_value**)) {
  CHECK(sqlite3_create_function(database.handle(), name, arguments,
                                SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr, function, nullptr,
                                nullptr) == SQLITE_OK);
}

struct CsvQuery {
  absl::string_view file;
  absl::string_view sql;
};
constexpr CsvQuery kQueries[] = {
    {"rounds.csv", kRoundsCsv}, {"clients.csv", kClientsCsv}, {"health.csv", kHealthCsv}};

void AppendHeader(std::string& text, const Statement& rows) {
  for (int i = 0; i < rows.columns(); ++i) {
    if (i > 0) text += ',';
    text.append(rows.name(i).data(), rows.name(i).size());
  }
  text += '\n';
}

// No field needs quotes that the query has not set: the others are numbers, names of ours and
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
  AddFunction(database, "wall_ns", 5, SqlWallTime);
  AddFunction(database, "modelled_ns", 4, SqlModelledTime);
  const auto query = std::ranges::find(kQueries, name, &CsvQuery::file);
  CHECK(query != std::end(kQueries));
  ASSIGN_OR_RETURN(Statement rows, database.Prepare(query->sql));
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
