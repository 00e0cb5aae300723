// How the tables of RUN/ledger.sqlite are listed: each column once, beside its member.
//
// A row is a plain struct in records/, and its table a specialisation of Table below it: the
// table's name, and a function template that calls a visitor with the name and the member of each
// column. The types of the members say the rest: an optional, or a double, which need not be
// finite, may be NULL. From these follow CREATE TABLE (store/schema.h), INSERT
// (store/run_recorder.cc), reading by name (store/run_reader.h), and the columns of the CSV files
// that only repeat the ledger's (csv_export.cc). A test compares these lists with
// `proto/fedround/v1/ledger.proto`, which says what each column means.
//
// To add a column, add a member, its line in Columns below, and its comment in the proto, and raise
// kLastChange once per release; in older ledgers, which lack it, the member keeps its default. To
// add a table, add a row with its specialisation, and its line in FEDROUND_LEDGER_TABLES
// (records.h); its kSince, the next schema version, says that older ledgers lack it.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

namespace fedround::ledger {

inline constexpr absl::string_view kLedgerFile = "ledger.sqlite";

// The oldest schema version that can be read. Version 4 added the column clients.name, version 5
// renamed those of kRenamedColumns, version 6 added asks and abandoned rounds.
inline constexpr std::uint64_t kOldestSchema = 3;
// The last version that changed the meaning of something existing, or added or renamed columns. The
// version itself (kSchemaVersion, records.h) also follows from kSince of the newest table.
inline constexpr std::uint64_t kLastChange = 6;

// A column that had another name, in every table that has it, before the schema version `since`.
struct RenamedColumn {
  absl::string_view name;
  absl::string_view formerly;
  std::uint64_t since;
};
inline constexpr RenamedColumn kRenamedColumns[] = {{"step", "attempt", 5}};

// A specialisation has
//   kName     the table's name
//   kInsert   what to do with a row whose key exists already; without it: that is an error
//   kSince    the schema version that introduced it; without it: kOldestSchema or before
//   Columns   calls of the visitor, column by column:
//               Key(name, member)             part of the primary key
//               operator()(name, member)      any other
//               Model(name, member)           a ModelId: 16 hexadecimal digits
//               Phases(names, unit, members)  a column per phase: its name followed by the unit
template <typename Row>
struct Table;

template <typename Row>
constexpr std::uint64_t SinceOf() {
  if constexpr (requires { Table<Row>::kSince; }) {
    return Table<Row>::kSince;
  } else {
    return kOldestSchema;
  }
}

}  // namespace fedround::ledger
