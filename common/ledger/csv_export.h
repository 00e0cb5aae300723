// rounds.csv and clients.csv: the ledger's numbers in the form that spreadsheets and data frames
// read. `proto/fedround/v1/ledger.proto` documents the columns (RoundCsvRow, TaskCsvRow).
#pragma once

#include <string>

#include "absl/status/status.h"
#include "common/ledger/sqlite.h"

namespace fedround::ledger {

// Writes both files into `folder`, each aside and renamed. Errors: what SQLite or the file system
// says, with the path.
absl::Status ExportCsv(Database& database, const std::string& folder);

}  // namespace fedround::ledger
