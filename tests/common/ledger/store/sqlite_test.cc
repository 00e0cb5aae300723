#include "common/ledger/store/sqlite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/common/ledger/ledger_test_support.h"

namespace fedround::ledger {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Database, AFullDiskIsResourceExhaustedAndNamesTheFile) {
  const std::string path = TestFolder() + "/ledger.sqlite";
  Database database = Database::Create(path, "CREATE TABLE t (x TEXT)").value();
  ASSERT_TRUE(database.Prepare("PRAGMA max_page_count = 8")->Next().value());
  const absl::Status status = database.Execute("INSERT INTO t VALUES (hex(zeroblob(100000)))");
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(status.message(), HasSubstr("ledger.sqlite"));
}

TEST(Database, ATransactionThatFailsKeepsNothing) {
  const std::string folder = TestFolder();
  Database database =
      Database::Create(folder + "/ledger.sqlite", "CREATE TABLE t (x INTEGER)").value();
  const absl::Status status = database.Transact([&] {
    EXPECT_TRUE(database.Execute("INSERT INTO t VALUES (1)").ok());
    return absl::CancelledError("no");
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
  EXPECT_THAT(Query(folder, "SELECT count(*) FROM t"), ElementsAre("0"));
}

TEST(Database, RunsATransactionAfterOneThatFailed) {
  const std::string folder = TestFolder();
  Database database =
      Database::Create(folder + "/ledger.sqlite", "CREATE TABLE t (x INTEGER)").value();
  EXPECT_FALSE(database.Transact([] { return absl::CancelledError("no"); }).ok());
  EXPECT_TRUE(database.Transact([] { return absl::OkStatus(); }).ok());
}

TEST(Database, AnUntrustedFileCannotBeWritten) {
  const std::string path = TestFolder() + "/ledger.sqlite";
  ASSERT_TRUE(Database::Create(path, "CREATE TABLE t (x INTEGER)").ok());
  Database database = Database::OpenUntrusted(path).value();
  EXPECT_FALSE(database.Execute("INSERT INTO t VALUES (1)").ok());
}

TEST(Statement, AppendsNumbersWithAllTheirDigitsAndNullAsNothing) {
  Database database = Database::Create(TestFolder() + "/ledger.sqlite", "").value();
  Statement row = database.Prepare("SELECT 0.1, 1e300, NULL, -9223372036854775808, 'x'").value();
  ASSERT_TRUE(row.Next().value());
  std::string text;
  for (int i = 0; i < row.columns(); ++i) {
    row.AppendTo(text, i);
    text += ';';
  }
  EXPECT_EQ(text, "0.1;1e+300;;-9223372036854775808;x;");
}

TEST(Statement, BindsWhatIsNotFiniteAsNull) {
  const std::string folder = TestFolder();
  Database database =
      Database::Create(folder + "/ledger.sqlite", "CREATE TABLE t (a REAL, b REAL, c REAL)")
          .value();
  Statement insert = database.Prepare("INSERT INTO t VALUES (?, ?, ?)").value();
  insert.Bind(1, std::numeric_limits<double>::quiet_NaN());
  insert.Bind(2, -std::numeric_limits<double>::infinity());
  insert.Bind(3, std::optional<double>());
  ASSERT_TRUE(insert.Run().ok());
  EXPECT_THAT(Query(folder, "SELECT a IS NULL, b IS NULL, c IS NULL FROM t"), ElementsAre("1,1,1"));
}

// Else it would be written as a negative number, with which no reader takes the ledger.
TEST(Statement, RefusesACountThatNoReaderWouldTake) {
  const std::string folder = TestFolder();
  Database database =
      Database::Create(folder + "/ledger.sqlite", "CREATE TABLE t (count INTEGER) STRICT").value();
  Statement insert = database.Prepare("INSERT INTO t VALUES (?)").value();
  insert.Bind(1, std::uint64_t{std::numeric_limits<std::int64_t>::max()});
  EXPECT_TRUE(insert.Run().ok());
  for (const std::uint64_t large :
       {std::uint64_t{1} << 63, std::numeric_limits<std::uint64_t>::max()}) {
    insert.Bind(1, large);
    const absl::Status status = insert.Run();
    EXPECT_FALSE(status.ok());
    EXPECT_THAT(status.message(), HasSubstr("t.count"));
  }
  EXPECT_THAT(Query(folder, "SELECT count FROM t"), ElementsAre("9223372036854775807"));
}

TEST(Statement, NaturalRefusesTextAndNegativeNumbers) {
  Database database = Database::Create(TestFolder() + "/ledger.sqlite", "").value();
  Statement row = database.Prepare("SELECT 7, -1, '7', NULL").value();
  ASSERT_TRUE(row.Next().value());
  EXPECT_EQ(row.Natural(0).value(), 7U);
  for (int i = 1; i < 4; ++i) {
    EXPECT_EQ(row.Natural(i).status().code(), absl::StatusCode::kDataLoss);
  }
}

}  // namespace
}  // namespace fedround::ledger
