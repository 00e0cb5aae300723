// Reads a ledger back, from a file that may come from anywhere: every column must hold what the
// schema says, every enumeration a known name, and no time may be so large that sums overflow.
// Whether the rows fit together is not asked here: `fedround verify` does.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/ledger/records.h"
#include "common/ledger/store/sqlite.h"

namespace fedround::ledger {

// No time in a ledger may be further from 0, and no phase longer, so that sums of a few of them
// fit. Whatever the wire lets through is within.
inline constexpr Nanos kLargestTime = Nanos{1} << 61;
inline constexpr Nanos kLongestPhase = Nanos{1} << 56;  // two years

// A record together with the columns that are not in it. Of RoundRecord the numbers only: steps and
// answers have tables of their own, and the sets are known by their sizes.
struct RoundRow : RoundRecord {
  std::uint64_t cohort_size = 0;
  std::uint64_t folded_count = 0;
  std::uint64_t dropped_count = 0;
};
struct StepRow : StepRecord {
  std::uint32_t round = 0;
};
struct AnswerRow : AnswerRecord {
  std::uint32_t round = 0;
};
struct MetricRow {
  std::uint32_t round = 0;
  ClientId client = 0;
  std::string name;
  std::optional<double> value;
};
struct HealthRow : HealthValue {
  std::uint32_t round = 0;
  std::optional<ClientId> client;  // none: the coordinator's
};
struct TaskRow : TaskCost {
  Nanos device_ns = 0;
  std::optional<Nanos> clock_offset_ns;
  std::optional<Nanos> clock_bound_ns;
};

std::string LedgerPath(const std::string& folder);

// Errors: NOT_FOUND if the folder has no ledger, with what to do; DATA_LOSS if it is of another
// schema version, or no file; those of Database::OpenUntrusted.
absl::StatusOr<Database> OpenLedger(const std::string& folder);

// How the run ended; nothing: it has not, or was killed. DATA_LOSS if the ledger says so twice.
absl::StatusOr<std::optional<Verdict>> ReadVerdict(Database& database);

// What to tell of an error that came up while the folder's ledger was read.
// - DATA_LOSS with the path: it is damaged.
// - NOT_FOUND: it is not there.
// - UNAVAILABLE, PERMISSION_DENIED, RESOURCE_EXHAUSTED, UNIMPLEMENTED: it may be sound, but cannot
//   be read here and now. FAILED_PRECONDITION becomes UNAVAILABLE.
absl::Status Unreadable(const std::string& folder, const absl::Status& error);

// The rows of one table, one after the other, in the order of its key; failures and health in that
// of their rounds and, in each, in which they were recorded. A score or a health value that is NULL
// is a NaN. Row is one of the types above, or ClientRecord, ConnectionRecord, TrafficRecord,
// EvaluationRecord or FailureRecord. Errors: DATA_LOSS with table and column; what SQLite says.
template <typename Row>
class TableCursor {
 public:
  static absl::StatusOr<TableCursor> Open(Database& database);

  // Moves to the next row, which `row()` is then; false after the last.
  absl::StatusOr<bool> Next();
  const Row& row() const { return row_; }

 private:
  explicit TableCursor(Statement rows) : rows_(std::move(rows)) {}

  Statement rows_;
  Row row_;
};

// Calls `take` with each row, until it says that it wants no more.
template <typename Row, typename Take>
absl::Status ForEach(Database& database, const Take& take) {
  absl::StatusOr<TableCursor<Row>> cursor = TableCursor<Row>::Open(database);
  if (!cursor.ok()) return cursor.status();
  while (true) {
    const absl::StatusOr<bool> has_row = cursor->Next();
    if (!has_row.ok() || !*has_row || !take(cursor->row())) return has_row.status();
  }
}

// Of a table with few rows.
template <typename Row>
absl::StatusOr<std::vector<Row>> ReadAll(Database& database) {
  std::vector<Row> rows;
  const absl::Status read = ForEach<Row>(database, [&rows](const Row& row) {
    rows.push_back(row);
    return true;
  });
  if (!read.ok()) return read;
  return rows;
}

// The rows of a table in the order of rounds, one round at a time.
template <typename Row>
class ByRound {
 public:
  static absl::StatusOr<ByRound> Open(Database& database) {
    absl::StatusOr<TableCursor<Row>> cursor = TableCursor<Row>::Open(database);
    if (!cursor.ok()) return cursor.status();
    const absl::StatusOr<bool> more = cursor->Next();
    if (!more.ok()) return more.status();
    return ByRound(*std::move(cursor), *more);
  }

  // The round of the rows that come next; nothing after the last.
  std::optional<std::uint32_t> next_round() const {
    return more_ ? std::optional(cursor_.row().round) : std::nullopt;
  }
  // The rows of `round`, until the next call; those of earlier rounds that nobody took are gone.
  absl::StatusOr<std::span<const Row>> Take(std::uint32_t round) {
    rows_.clear();
    while (more_ && cursor_.row().round <= round) {
      if (cursor_.row().round == round) rows_.push_back(cursor_.row());
      absl::StatusOr<bool> more = cursor_.Next();
      if (!more.ok()) return more.status();
      more_ = *more;
    }
    return std::span<const Row>(rows_);
  }

 private:
  ByRound(TableCursor<Row> cursor, bool more) : cursor_(std::move(cursor)), more_(more) {}

  TableCursor<Row> cursor_;
  bool more_;
  std::vector<Row> rows_;
};

}  // namespace fedround::ledger
