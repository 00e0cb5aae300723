// rounds.csv, clients.csv and health.csv: the ledger's numbers in the form that spreadsheets and
// data frames read. `proto/fedround/v1/ledger.proto` documents the columns (RoundCsvRow,
// TaskCsvRow, HealthRow).
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/ledger/sqlite.h"

namespace fedround::ledger {

struct CsvFile {
  absl::string_view name;
  std::string text;
};

// What the files must hold.
absl::StatusOr<std::vector<CsvFile>> MakeCsv(Database& database);

// Writes the files into `folder`, each aside and renamed. Errors: what SQLite or the file system
// says, with the path.
absl::Status ExportCsv(Database& database, const std::string& folder);

}  // namespace fedround::ledger
