// The tables of RUN/ledger.sqlite. `proto/fedround/v1/ledger.proto` says what each column means.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

namespace fedround::ledger {

inline constexpr absl::string_view kLedgerFile = "ledger.sqlite";

// In the database's user_version. Raised with any change of the tables.
inline constexpr std::uint64_t kSchemaVersion = 1;

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
  select_ns INTEGER NOT NULL,
  broadcast_ns INTEGER NOT NULL,
  collect_ns INTEGER NOT NULL,
  commit_ns INTEGER NOT NULL,
  fold_ns INTEGER NOT NULL,
  payload_bytes_down INTEGER NOT NULL,
  payload_bytes_up INTEGER NOT NULL,
  message_bytes_down INTEGER NOT NULL,
  message_bytes_up INTEGER NOT NULL
) STRICT;
CREATE TABLE folded (
  round INTEGER NOT NULL,
  client INTEGER NOT NULL,
  weight INTEGER NOT NULL,
  PRIMARY KEY (round, client)
) STRICT, WITHOUT ROWID;
CREATE TABLE metrics (
  round INTEGER NOT NULL,
  client INTEGER NOT NULL,
  name TEXT NOT NULL,
  value REAL,
  PRIMARY KEY (round, client, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE tasks (
  round INTEGER NOT NULL,
  client INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  task TEXT NOT NULL,
  start_ns INTEGER NOT NULL,
  download_ns INTEGER NOT NULL,
  decode_ns INTEGER NOT NULL,
  wait_slot_ns INTEGER NOT NULL,
  train_ns INTEGER NOT NULL,
  encode_ns INTEGER NOT NULL,
  wait_credit_ns INTEGER NOT NULL,
  upload_ns INTEGER NOT NULL,
  device_ns INTEGER NOT NULL,
  train_cpu_ns INTEGER NOT NULL,
  payload_bytes_down INTEGER NOT NULL,
  payload_bytes_up INTEGER NOT NULL,
  message_bytes_down INTEGER NOT NULL,
  message_bytes_up INTEGER NOT NULL,
  PRIMARY KEY (round, client, attempt, task)
) STRICT, WITHOUT ROWID;
CREATE TABLE clients (
  client INTEGER PRIMARY KEY,
  host TEXT NOT NULL,
  pid INTEGER NOT NULL,
  examples INTEGER NOT NULL
) STRICT;
CREATE TABLE evaluations (
  round INTEGER NOT NULL,
  examples_of TEXT NOT NULL,
  examples INTEGER NOT NULL,
  loss REAL,
  accuracy REAL,
  wall_ns INTEGER NOT NULL,
  cpu_ns INTEGER NOT NULL,
  PRIMARY KEY (round, examples_of)
) STRICT, WITHOUT ROWID;
CREATE TABLE failures (
  round INTEGER NOT NULL,
  client INTEGER NOT NULL,
  what TEXT NOT NULL,
  message TEXT NOT NULL
) STRICT;
CREATE TABLE verdict (
  outcome TEXT NOT NULL,
  message TEXT NOT NULL,
  exit_code INTEGER NOT NULL
) STRICT;
)sql";

}  // namespace fedround::ledger
