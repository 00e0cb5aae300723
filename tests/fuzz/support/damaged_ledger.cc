#include "tests/fuzz/support/damaged_ledger.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "common/base/check.h"
#include "common/base/io/file.h"
#include "common/ledger/store/run_reader.h"
#include "experiments/analysis/verify/verify.h"
#include "tests/experiments/analysis/synthetic_run.h"
#include "tests/fuzz/support/bytes_reader.h"

namespace fedround::fuzz {
namespace {

constexpr std::size_t kMostChanges = 12;

struct Close {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
};
using Connection = std::unique_ptr<sqlite3, Close>;

Connection Open(const char* path) {
  sqlite3* handle = nullptr;
  CHECK(sqlite3_open(path, &handle) == SQLITE_OK);
  return Connection(handle);
}

void Run(sqlite3* database, const std::string& sql) {
  CHECK(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
}

using Names = std::vector<std::string>;

// The first column of the rows that `sql` returns.
Names Query(sqlite3* database, const std::string& sql) {
  Names names;
  sqlite3_stmt* rows = nullptr;
  CHECK(sqlite3_prepare_v2(database, sql.c_str(), -1, &rows, nullptr) == SQLITE_OK);
  while (sqlite3_step(rows) == SQLITE_ROW) {
    names.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(rows, 0)));
  }
  sqlite3_finalize(rows);
  return names;
}

// Values that a cell may be set to, as SQL.
constexpr absl::string_view kValues[] = {
    "NULL",
    "''",
    "'x'",
    "'train'",
    "'evaluate'",
    "'done'",
    "'failed'",
    "'clock'",
    "'0123456789abcdef'",
    "x'00ff'",
    "char(0, 10, 34, 44, 0x202e)",
    "1e308 * 10",
    "-1e308 * 10",
    "0.5",
    "1e300",
    "-0.0",
    "-1",
    "0",
    "1",
    "2",
    "3",
    "4294967295",
    "4294967296",
    "72057594037927936",    // kLongestPhase
    "2305843009213693952",  // kLargestTime
    "-2305843009213693952",
    "9223372036854775807",
    "-9223372036854775807 - 1",
};

// The column of `table` that `byte` selects.
const std::string& Pick(const Names& names, std::uint8_t byte) {
  return names[byte % names.size()];
}

std::string Change(sqlite3* database, std::array<std::uint8_t, 4> by, std::uint8_t what) {
  const Names tables = Query(database, "SELECT name FROM sqlite_schema WHERE type = 'table'");
  if (tables.empty()) return "";
  const std::string& table = Pick(tables, by[0]);
  const Names columns =
      Query(database, absl::StrCat("SELECT name FROM pragma_table_info('", table, "')"));
  const std::string& column = Pick(columns, by[1]);
  const std::string& other = Pick(columns, by[3]);
  // Half of the changes affect one row only, if the first column is the round.
  const std::string where =
      by[3] % 2 == 0 ? "" : absl::StrCat(" WHERE ", columns[0], " = ", by[3] / 2 % 3);
  switch (what % 8) {
    case 0:
      return absl::StrCat("ALTER TABLE ", table, " DROP COLUMN ", column);
    case 1:
      return absl::StrCat("ALTER TABLE ", table, " RENAME COLUMN ", column, " TO odd");
    case 2:
      return absl::StrCat("ALTER TABLE ", table, " ADD COLUMN more DEFAULT 1");
    case 3:
      return by[2] % 4 == 0 ? absl::StrCat("DROP TABLE ", table)
                            : absl::StrCat("DELETE FROM ", table, where);
    case 4:
      return absl::StrCat("UPDATE OR IGNORE ", table, " SET ", column, " = ", other, where);
    case 5:
      return absl::StrCat("UPDATE OR IGNORE ", table, " SET ", column, " = ", column, " + ",
                          static_cast<std::int8_t>(by[2]), where);
    case 6:
      return absl::StrCat("PRAGMA user_version = ", by[2] % 8);
    default:
      return absl::StrCat("UPDATE OR REPLACE ", table, " SET ", column, " = ",
                          kValues[by[2] % std::size(kValues)], where);
  }
}

// Copies all tables of the database `strict`, but without STRICT and NOT NULL.
void Copy(sqlite3* database) {
  const std::string tables = " FROM strict.sqlite_schema WHERE type = 'table'";
  for (const std::string& sql : Query(database, absl::StrCat("SELECT sql", tables))) {
    Run(database, absl::StrReplaceAll(
                      sql, {{" NOT NULL", ""}, {" STRICT, WITHOUT", " WITHOUT"}, {" STRICT", ""}}));
  }
  for (const std::string& table : Query(database, absl::StrCat("SELECT name", tables))) {
    Run(database, absl::StrCat("INSERT INTO ", table, " SELECT * FROM strict.", table));
  }
  Run(database, absl::StrCat("PRAGMA user_version = ",
                             Query(database, "PRAGMA strict.user_version").front()));
}

}  // namespace

DamagedLedger::DamagedLedger() {
  analysis::SyntheticRun(folder(), {.rounds = 2, .clients = 2}).Write();
  CHECK(analysis::Verify(folder()).ok());
  const std::string path = ledger::LedgerPath(folder());
  const std::string loose = path + "-loose";
  {
    const Connection database = Open(loose.c_str());
    Run(database.get(), "PRAGMA page_size = 512");
    Run(database.get(), absl::StrCat("ATTACH '", path, "' AS strict"));
    Copy(database.get());
    Run(database.get(), "DETACH strict");
  }
  CHECK(std::rename(loose.c_str(), path.c_str()) == 0);
  CHECK(analysis::Verify(folder()).ok());
  const std::string bytes = ReadFile(path).value();
  whole_.assign(bytes.begin(), bytes.end());
}

void DamagedLedger::Damage(std::span<const std::uint8_t> bytes) const {
  // SQLite owns the copy and may enlarge it.
  const Connection database = Open(":memory:");
  auto* copy = static_cast<unsigned char*>(sqlite3_malloc64(whole_.size()));
  std::ranges::copy(whole_, copy);
  const auto size = static_cast<sqlite3_int64>(whole_.size());
  CHECK(sqlite3_deserialize(database.get(), "main", copy, size, size,
                            SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE) ==
        SQLITE_OK);
  struct Byte {
    std::size_t at;
    std::uint8_t value;
  };
  std::vector<Byte> in_file;
  BytesReader reader(bytes);
  for (std::size_t i = 0; i < kMostChanges && !reader.empty(); ++i) {
    const std::uint8_t what = reader.Byte();
    const std::array<std::uint8_t, 4> by = {reader.Byte(), reader.Byte(), reader.Byte(),
                                            reader.Byte()};
    if (what >= 128) {
      in_file.push_back({std::size_t{by[0]} << 8 | by[1], by[2]});
    } else if (const std::string sql = Change(database.get(), by, what); !sql.empty()) {
      // Some changes are impossible, such as dropping a part of a key.
      sqlite3_exec(database.get(), sql.c_str(), nullptr, nullptr, nullptr);
    }
  }
  sqlite3_int64 length = 0;
  const unsigned char* file =
      sqlite3_serialize(database.get(), "main", &length, SQLITE_SERIALIZE_NOCOPY);
  CHECK(file != nullptr);
  std::string damaged(reinterpret_cast<const char*>(file), static_cast<std::size_t>(length));
  for (const Byte& byte : in_file) {
    damaged[byte.at % damaged.size()] = static_cast<char>(byte.value);
  }
  std::ofstream out(ledger::LedgerPath(folder()), std::ios::binary | std::ios::trunc);
  out << damaged;
  CHECK(out.flush().good());
}

}  // namespace fedround::fuzz
