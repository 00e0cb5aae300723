// rounds.csv, clients.csv and health.csv: the ledger's numbers in the form that spreadsheets and
// data frames can read. `proto/fedround/v1/ledger.proto` documents the columns (RoundCsvRow,
// TaskCsvRow, HealthRow).
#pragma once

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/ledger/store/sqlite.h"

namespace fedround::ledger {

inline constexpr absl::string_view kCsvFiles[] = {"rounds.csv", "clients.csv", "health.csv"};

// Takes the next piece of a text; an error ends the export.
using CsvSink = absl::FunctionRef<absl::Status(absl::string_view piece)>;

// The contents of the file with that name, one of kCsvFiles, piece by piece, never all of it in
// memory. Errors: what SQLite says; those of `sink`. No statement of the database may be in use.
absl::Status MakeCsv(Database& database, absl::string_view name, CsvSink sink);

// Writes the files into `folder`, each under a temporary name and then renamed. Errors: what SQLite
// or the file system says, with the path.
absl::Status ExportCsv(Database& database, const std::string& folder);

}  // namespace fedround::ledger
