// How tests of `Verify` damage a run's folder.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/string_view.h"
#include "common/ledger/csv_export.h"
#include "common/ledger/store/sqlite.h"
#include "experiments/analysis/verify/verify.h"
#include "tests/experiments/analysis/synthetic_run.h"

namespace fedround::analysis {

// Changes the ledger, and the CSV files as well: else they would give each change away.
inline absl::Status Tamper(const std::string& folder, const std::string& sql) {
  ASSIGN_OR_RETURN(ledger::Database database,
                   ledger::Database::Create(ledger::LedgerPath(folder), sql));
  RETURN_IF_ERROR(ledger::ExportCsv(database, folder));
  database.LeaveWal();
  return absl::OkStatus();
}

inline void ExpectFound(const std::string& folder, const std::string& message) {
  const absl::Status status = Verify(folder).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << message;
  EXPECT_THAT(status.message(), ::testing::HasSubstr(message));
}

inline void Replace(const std::string& path, absl::string_view from, absl::string_view to) {
  std::string text = ReadFile(path).value();
  const std::size_t at = text.find(std::string(from));
  ASSERT_NE(at, std::string::npos) << path;
  text.replace(at, from.size(), std::string(to));
  ASSERT_TRUE(WriteFileAtomically(path, text).ok());
}

}  // namespace fedround::analysis
