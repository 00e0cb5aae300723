// What can be derived from the columns (columns.h) without a database: the description of each
// table, and its SQL.
//
// A table whose key is one column is keyed by SQLite's own row number. One with a key of several
// columns is kept in the order of that key and has no row numbers (WITHOUT ROWID); one without a
// key is in the order in which it was written. Times are nanoseconds, model ids 16 hexadecimal
// digits (SQLite's integers are signed).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/ledger/records.h"

namespace fedround::ledger {

struct ColumnInfo {
  std::string name;
  absl::string_view type;  // INTEGER, REAL or TEXT
  bool nullable = false;
  bool key = false;
};

struct TableInfo {
  absl::string_view name;
  absl::string_view insert;
  std::uint64_t since = 0;  // schema version
  std::vector<ColumnInfo> columns;
};

template <typename Row>
TableInfo Describe();
// In the order of FEDROUND_LEDGER_TABLES.
std::vector<TableInfo> LedgerTables();

// The same table with the names that its columns have in a file of schema `version`.
TableInfo AsOf(std::uint64_t version, TableInfo table);

// The statements that create all tables and set the schema version.
std::string CreateSql();
// One row, its columns in the order of the description as ?1, ?2, ...
std::string InsertSql(const TableInfo& table);
// The order in which its rows are read: by key; without a key by round, if there is one, then as
// they were written.
std::string OrderSql(const TableInfo& table);

}  // namespace fedround::ledger
