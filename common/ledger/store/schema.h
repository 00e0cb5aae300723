// The tables of RUN/ledger.sqlite. `proto/fedround/v1/ledger.proto` says what each column means.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

namespace fedround::ledger {

inline constexpr absl::string_view kLedgerFile = "ledger.sqlite";

// In the database's user_version. Raised with any change of the tables.
inline constexpr std::uint64_t kSchemaVersion = 4;

// Times are nanoseconds, model ids 16 hexadecimal digits (SQLite's integers are signed).
inline constexpr absl::string_view kSchema = R"sql(
CREATE TABLE rounds (
  round INTEGER PRIMARY KEY,
  cohort INTEGER NOT NULL,
  folded INTEGER NOT NULL,
  dropped INTEGER NOT NULL,
  total_weight INTEGER NOT NULL,
  model_before TEXT NOT NULL,
  model_after TEXT NOT NULL,
  train_loss REAL,
  start_ns INTEGER NOT NULL,
  idle_ns INTEGER NOT NULL,
  select_ns INTEGER NOT NULL,
  broadcast_ns INTEGER NOT NULL,
  collect_ns INTEGER NOT NULL,
  wait_evaluation_ns INTEGER NOT NULL,
  commit_ns INTEGER NOT NULL,
  idle_cpu_ns INTEGER NOT NULL,
  select_cpu_ns INTEGER NOT NULL,
  broadcast_cpu_ns INTEGER NOT NULL,
  collect_cpu_ns INTEGER NOT NULL,
  wait_evaluation_cpu_ns INTEGER NOT NULL,
  commit_cpu_ns INTEGER NOT NULL,
  fold_ns INTEGER NOT NULL,
  fold_cpu_ns INTEGER NOT NULL,
  record_ns INTEGER NOT NULL,
  involuntary_switches INTEGER NOT NULL,
  steal_ns INTEGER NOT NULL,
  probe_ns INTEGER NOT NULL,
  payload_bytes_down INTEGER NOT NULL,
  payload_bytes_up INTEGER NOT NULL,
  message_bytes_down INTEGER NOT NULL,
  message_bytes_up INTEGER NOT NULL,
  wire_bytes_down INTEGER NOT NULL,
  wire_bytes_up INTEGER NOT NULL,
  retransmitted_bytes_down INTEGER NOT NULL
) STRICT;
CREATE TABLE steps (
  round INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  task TEXT NOT NULL,
  start_ns INTEGER NOT NULL,
  broadcast_ns INTEGER NOT NULL,
  collect_ns INTEGER NOT NULL,
  PRIMARY KEY (round, attempt)
) STRICT, WITHOUT ROWID;
CREATE TABLE answers (
  round INTEGER NOT NULL,
  client INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  task TEXT NOT NULL,
  weight INTEGER NOT NULL,
  sent_ns INTEGER NOT NULL,
  received_ns INTEGER NOT NULL,
  accepted_ns INTEGER NOT NULL,
  fold_start_ns INTEGER NOT NULL,
  folded_ns INTEGER NOT NULL,
  PRIMARY KEY (round, client, attempt)
) STRICT, WITHOUT ROWID;
CREATE TABLE metrics (
  round INTEGER NOT NULL,
  client INTEGER NOT NULL,
  name TEXT NOT NULL,
  value REAL,
  PRIMARY KEY (round, client, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE health (
  round INTEGER NOT NULL,
  client INTEGER,
  layer TEXT NOT NULL,
  quantity TEXT NOT NULL,
  value REAL
) STRICT;
CREATE TABLE tasks (
  round INTEGER NOT NULL,
  client INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  task TEXT NOT NULL,
  start_ns INTEGER NOT NULL,
  end_ns INTEGER NOT NULL,
  wait_instruction_ns INTEGER NOT NULL,
  queue_ns INTEGER NOT NULL,
  download_ns INTEGER NOT NULL,
  decode_ns INTEGER NOT NULL,
  wait_slot_ns INTEGER NOT NULL,
  train_ns INTEGER NOT NULL,
  encode_ns INTEGER NOT NULL,
  wait_credit_ns INTEGER NOT NULL,
  upload_ns INTEGER NOT NULL,
  wait_instruction_cpu_ns INTEGER NOT NULL,
  queue_cpu_ns INTEGER NOT NULL,
  download_cpu_ns INTEGER NOT NULL,
  decode_cpu_ns INTEGER NOT NULL,
  wait_slot_cpu_ns INTEGER NOT NULL,
  train_cpu_ns INTEGER NOT NULL,
  encode_cpu_ns INTEGER NOT NULL,
  wait_credit_cpu_ns INTEGER NOT NULL,
  upload_cpu_ns INTEGER NOT NULL,
  load_ns INTEGER NOT NULL,
  forward_products_ns INTEGER NOT NULL,
  forward_activations_ns INTEGER NOT NULL,
  loss_ns INTEGER NOT NULL,
  backward_products_ns INTEGER NOT NULL,
  backward_activations_ns INTEGER NOT NULL,
  weight_update_ns INTEGER NOT NULL,
  steps INTEGER NOT NULL,
  sampled_steps INTEGER NOT NULL,
  involuntary_switches INTEGER NOT NULL,
  device_ns INTEGER NOT NULL,
  clock_offset_ns INTEGER,
  clock_bound_ns INTEGER,
  payload_bytes_down INTEGER NOT NULL,
  payload_bytes_up INTEGER NOT NULL,
  message_bytes_down INTEGER NOT NULL,
  message_bytes_up INTEGER NOT NULL,
  PRIMARY KEY (round, client, attempt)
) STRICT, WITHOUT ROWID;
CREATE TABLE clients (
  client INTEGER PRIMARY KEY,
  host TEXT NOT NULL,
  pid INTEGER NOT NULL,
  examples INTEGER NOT NULL,
  joined_ns INTEGER NOT NULL,
  name TEXT
) STRICT;
CREATE TABLE connections (
  connection INTEGER PRIMARY KEY,
  client INTEGER,
  peer TEXT NOT NULL,
  opened_ns INTEGER NOT NULL,
  closed_ns INTEGER,
  calls INTEGER NOT NULL,
  wire_bytes_down INTEGER NOT NULL,
  wire_bytes_up INTEGER NOT NULL,
  retransmitted_bytes_down INTEGER NOT NULL
) STRICT;
CREATE TABLE traffic (
  round INTEGER NOT NULL,
  connection INTEGER NOT NULL,
  calls INTEGER NOT NULL,
  payload_bytes_down INTEGER NOT NULL,
  payload_bytes_up INTEGER NOT NULL,
  message_bytes_down INTEGER NOT NULL,
  message_bytes_up INTEGER NOT NULL,
  wire_bytes_down INTEGER NOT NULL,
  wire_bytes_up INTEGER NOT NULL,
  retransmitted_bytes_down INTEGER NOT NULL,
  PRIMARY KEY (round, connection)
) STRICT, WITHOUT ROWID;
CREATE TABLE evaluations (
  round INTEGER NOT NULL,
  examples_of TEXT NOT NULL,
  examples INTEGER NOT NULL,
  loss REAL,
  accuracy REAL,
  start_ns INTEGER NOT NULL,
  wall_ns INTEGER NOT NULL,
  cpu_ns INTEGER NOT NULL,
  PRIMARY KEY (round, examples_of)
) STRICT, WITHOUT ROWID;
CREATE TABLE failures (
  round INTEGER NOT NULL,
  client INTEGER NOT NULL,
  what TEXT NOT NULL,
  message TEXT NOT NULL,
  at_ns INTEGER NOT NULL
) STRICT;
CREATE TABLE verdict (
  outcome TEXT NOT NULL,
  message TEXT NOT NULL,
  exit_code INTEGER NOT NULL
) STRICT;
)sql";

}  // namespace fedround::ledger
