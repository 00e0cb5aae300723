// Reads a ledger from a file that may come from anywhere: every column must hold what the schema
// says, every enumeration a known name, and no time may be so large that sums overflow. Whether the
// rows are consistent is not checked here; `fedround verify` does that.
//
// Columns are found by name. If the file lacks one, its member keeps its default, so that ledgers
// from kOldestSchema on can be read; a column that this program does not know is an error, and so
// is a ledger of a newer schema.
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
#include "common/ledger/store/schema.h"
#include "common/ledger/store/sqlite.h"

namespace fedround::ledger {

// No time in a ledger may be further from 0, and no phase longer, so that sums of a few of them
// fit. Everything that the wire accepts is within.
inline constexpr Nanos kLargestTime = Nanos{1} << 61;
inline constexpr Nanos kLongestPhase = Nanos{1} << 56;  // two years

std::string LedgerPath(const std::string& folder);

// Errors: NOT_FOUND if the folder has no ledger, with what to do; DATA_LOSS if it is of a schema
// version that cannot be read, or no file; those of Database::OpenUntrusted.
absl::StatusOr<Database> OpenLedger(const std::string& folder);

// How the run ended; nothing if it has not, or was killed. DATA_LOSS if there are two verdicts.
absl::StatusOr<std::optional<Verdict>> ReadVerdict(Database& database);

// What to report for an error that occurred while the folder's ledger was read.
// - DATA_LOSS with the path: it is damaged.
// - NOT_FOUND: it does not exist.
// - UNAVAILABLE, PERMISSION_DENIED, RESOURCE_EXHAUSTED, UNIMPLEMENTED: it may be sound, but cannot
//   be read here and now. FAILED_PRECONDITION becomes UNAVAILABLE.
absl::Status Unreadable(const std::string& folder, const absl::Status& error);

// A query of everything that the file has of a table.
struct TableQuery {
  TableInfo table;  // its columns named as in the file
  Statement rows;
  std::vector<int> at;  // for each column of the description its place in the rows; -1: none

  // A table that is newer than the file's schema version has no rows.
  static absl::StatusOr<TableQuery> Open(Database& database, TableInfo described);
};

// The rows of one table, one after the other, in the order of its key; failures and health in that
// of their rounds and, in each, in which they were recorded. A score or a health value that is NULL
// is a NaN. Row is one of columns.h. Errors: DATA_LOSS with table and column; what SQLite says.
template <typename Row>
class TableCursor {
 public:
  static absl::StatusOr<TableCursor> Open(Database& database);

  // Moves to the next row, which `row()` then returns; false after the last.
  absl::StatusOr<bool> Next();
  const Row& row() const { return row_; }

 private:
  explicit TableCursor(TableQuery query) : query_(std::move(query)) {}

  TableQuery query_;
  Row row_;
};

// Calls `take` with each row, until it returns that it wants no more.
template <typename Row, typename Take>
absl::Status ForEach(Database& database, const Take& take) {
  absl::StatusOr<TableCursor<Row>> cursor = TableCursor<Row>::Open(database);
  if (!cursor.ok()) return cursor.status();
  while (true) {
    const absl::StatusOr<bool> has_row = cursor->Next();
    if (!has_row.ok() || !*has_row || !take(cursor->row())) return has_row.status();
  }
}

// All rows, for a table with few.
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

  // The round of the next rows; nothing after the last.
  std::optional<std::uint32_t> next_round() const {
    return more_ ? std::optional(cursor_.row().round) : std::nullopt;
  }
  // The rows of `round`, valid until the next call; rows of earlier rounds that were not taken are
  // skipped.
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
