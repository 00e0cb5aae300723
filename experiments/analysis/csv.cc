// rounds.csv, clients.csv and health.csv are the database's.
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "common/ledger/csv_export.h"
#include "experiments/analysis/checks.h"
#include "experiments/analysis/finding.h"

namespace fedround::analysis {
namespace {

// The line, from 1, in which two texts differ first.
std::ptrdiff_t FirstDifference(absl::string_view a, absl::string_view b) {
  const auto at = std::ranges::mismatch(a, b).in1;
  return 1 + std::count(a.begin(), at, '\n');
}

}  // namespace

absl::Status CheckCsv(const Run& run) {
  if (!run.ledger.verdict.has_value()) return absl::OkStatus();  // written when a run ends
  ASSIGN_OR_RETURN(ledger::Database database, ledger::OpenLedger(run.folder));
  ASSIGN_OR_RETURN(const std::vector<ledger::CsvFile> files, ledger::MakeCsv(database));
  for (const ledger::CsvFile& file : files) {
    const absl::StatusOr<std::string> text = ReadFile(absl::StrCat(run.folder, "/", file.name));
    if (!text.ok()) return Finding(file.name, text.status().message());
    if (*text == file.text) continue;
    return Finding(file.name, absl::StrCat("line ", FirstDifference(*text, file.text),
                                           " is not what ledger.sqlite says"));
  }
  return absl::OkStatus();
}

}  // namespace fedround::analysis
