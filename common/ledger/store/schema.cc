#include "common/ledger/store/schema.h"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/named_enum.h"

namespace fedround::ledger {
namespace {

template <typename T>
struct Type {
  using Value = T;
  static constexpr bool kNullable = std::same_as<T, double>;
};
template <typename T>
struct Type<std::optional<T>> {
  using Value = T;
  static constexpr bool kNullable = true;
};

template <typename T>
constexpr absl::string_view SqlType() {
  if constexpr (std::integral<T>) {
    return "INTEGER";
  } else if constexpr (std::same_as<T, double>) {
    return "REAL";
  } else {
    static_assert(std::same_as<T, std::string> || NamedEnum<T>);
    return "TEXT";
  }
}

// A visitor of columns.h.
class Description {
 public:
  template <typename T>
  void operator()(absl::string_view name, const T&) {
    columns_.push_back({std::string(name), SqlType<typename Type<T>::Value>(), Type<T>::kNullable});
  }
  template <typename T>
  void Key(absl::string_view name, const T& member) {
    (*this)(name, member);
    columns_.back().key = true;
  }
  void Model(absl::string_view name, ModelId) { columns_.push_back({std::string(name), "TEXT"}); }
  template <std::size_t N>
  void Phases(const absl::string_view (&names)[N], absl::string_view unit, const Nanos (&)[N]) {
    for (const absl::string_view name : names)
      columns_.push_back({absl::StrCat(name, unit), "INTEGER"});
  }

  std::vector<ColumnInfo> Take() && { return std::move(columns_); }

 private:
  std::vector<ColumnInfo> columns_;
};

std::vector<absl::string_view> KeyOf(const TableInfo& table) {
  std::vector<absl::string_view> key;
  for (const ColumnInfo& column : table.columns) {
    if (column.key) key.push_back(column.name);
  }
  return key;
}

std::string CreateSql(const TableInfo& table) {
  const std::vector<absl::string_view> key = KeyOf(table);
  std::vector<std::string> lines;
  for (const ColumnInfo& column : table.columns) {
    const absl::string_view rule = column.key && key.size() == 1 ? " PRIMARY KEY"
                                   : column.nullable             ? ""
                                                                 : " NOT NULL";
    lines.push_back(absl::StrCat("  ", column.name, " ", column.type, rule));
  }
  if (key.size() > 1) {
    lines.push_back(absl::StrCat("  PRIMARY KEY (", absl::StrJoin(key, ", "), ")"));
  }
  return absl::StrCat("CREATE TABLE ", table.name, " (\n", absl::StrJoin(lines, ",\n"),
                      "\n) STRICT", key.size() > 1 ? ", WITHOUT ROWID" : "", ";\n");
}

}  // namespace

template <typename Row>
TableInfo Describe() {
  TableInfo table{.name = Table<Row>::kName, .insert = "INSERT", .since = SinceOf<Row>()};
  if constexpr (requires { Table<Row>::kInsert; }) table.insert = Table<Row>::kInsert;
  Description description;
  const Row row;
  Table<Row>::Columns(description, row);
  table.columns = std::move(description).Take();
  return table;
}

#define DESCRIBE(Row) template TableInfo Describe<Row>();
FEDROUND_LEDGER_TABLES(DESCRIBE)
#undef DESCRIBE

std::vector<TableInfo> LedgerTables() {
  std::vector<TableInfo> tables;
#define DESCRIBE(Row) tables.push_back(Describe<Row>());
  FEDROUND_LEDGER_TABLES(DESCRIBE)
#undef DESCRIBE
  return tables;
}

TableInfo AsOf(std::uint64_t version, TableInfo table) {
  for (ColumnInfo& column : table.columns) {
    for (const RenamedColumn& renamed : kRenamedColumns) {
      if (column.name == renamed.name && version < renamed.since)
        column.name = std::string(renamed.formerly);
    }
  }
  return table;
}

std::string CreateSql() {
  std::string sql = "\n";
  for (const TableInfo& table : LedgerTables()) sql += CreateSql(table);
  return absl::StrCat(sql, "PRAGMA user_version = ", kSchemaVersion);
}

std::string InsertSql(const TableInfo& table) {
  const std::vector<absl::string_view> values(table.columns.size(), "?");
  const auto name = [](std::string* sql, const ColumnInfo& column) { *sql += column.name; };
  return absl::StrCat(table.insert, " INTO ", table.name, " (",
                      absl::StrJoin(table.columns, ",", name), ") VALUES (",
                      absl::StrJoin(values, ","), ")");
}

std::string OrderSql(const TableInfo& table) {
  const std::vector<absl::string_view> key = KeyOf(table);
  if (!key.empty()) return absl::StrJoin(key, ", ");
  const bool of_rounds = std::ranges::count(table.columns, "round", &ColumnInfo::name) > 0;
  return of_rounds ? "round, rowid" : "rowid";
}

}  // namespace fedround::ledger
