// ledger.proto describes the schema: tables and CSV headers must have its fields, in its order.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "common/ledger/store/run_reader.h"
#include "common/ledger/store/schema.h"
#include "tests/common/ledger/ledger_test_support.h"
#include "tests/support/paths.h"

namespace fedround::ledger {
namespace {

using ::testing::ElementsAreArray;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAreArray;

std::vector<std::string> ProtoLines() {
  return absl::StrSplit(
      ReadFile(std::string(FEDROUND_SOURCE_DIR) + "/proto/fedround/v1/ledger.proto").value(), '\n');
}

struct Field {
  std::string type;
  std::string name;
  bool optional = false;
};

// The fields of `message`, in order: of "  optional double loss = 4;" they are double, loss, true.
std::vector<Field> FieldsOf(const std::string& message) {
  std::vector<Field> fields;
  bool inside = false;
  for (const std::string& line : ProtoLines()) {
    if (line == absl::StrCat("message ", message, " {")) inside = true;
    if (line == "}") inside = false;
    const std::vector<std::string> words =
        absl::StrSplit(line, absl::ByAnyChar(" "), absl::SkipEmpty());
    if (!inside || words.size() < 4 || words[0] == "//" || words[0] == "message") continue;
    fields.push_back({words[words.size() - 4], words[words.size() - 3], words[0] == "optional"});
  }
  return fields;
}

std::vector<std::string> NamesOf(const std::vector<Field>& fields) {
  std::vector<std::string> names;
  for (const Field& field : fields) names.push_back(field.name);
  return names;
}

// Of each table the message that says that it is about it: "// Table `steps`: ..." above
// "message StepRow {" makes steps -> StepRow.
std::map<std::string, std::string> MessagesOfTables() {
  std::map<std::string, std::string> messages;
  std::string table;
  for (const std::string& line : ProtoLines()) {
    if (absl::StartsWith(line, "// Table `")) {
      table = line.substr(10, line.find('`', 10) - 10);
    } else if (absl::StartsWith(line, "message ") && !table.empty()) {
      messages[std::exchange(table, "")] = line.substr(8, line.size() - 10);
    }
  }
  return messages;
}

absl::string_view SqlTypeOf(const std::string& proto_type) {
  if (proto_type == "string") return "TEXT";
  return proto_type == "double" ? "REAL" : "INTEGER";
}

// An exported run without rounds.
std::string EmptyRun() {
  const std::string folder = TestFolder();
  EXPECT_TRUE(RunRecorder::Create(folder).value()->Finish({RunOutcome::kDone, "", 0}).ok());
  return folder;
}

TEST(LedgerSchema, HasATableForEachMessageAndAMessageForEachTable) {
  std::vector<std::string> documented;
  for (const auto& [table, message] : MessagesOfTables()) documented.push_back(table);
  std::vector<std::string> tables;
  for (const TableInfo& table : LedgerTables()) tables.emplace_back(table.name);
  EXPECT_THAT(tables, UnorderedElementsAreArray(documented));
  EXPECT_THAT(Query(EmptyRun(), "SELECT name FROM sqlite_schema WHERE type = 'table'"),
              ElementsAreArray(tables));
}

TEST(LedgerSchema, TablesHaveTheFieldsOfTheirMessages) {
  const std::map<std::string, std::string> messages = MessagesOfTables();
  for (const TableInfo& table : LedgerTables()) {
    const std::vector<Field> fields = FieldsOf(messages.at(std::string(table.name)));
    ASSERT_EQ(table.columns.size(), fields.size()) << table.name;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const ColumnInfo& column = table.columns[i];
      EXPECT_EQ(column.name, fields[i].name) << table.name;
      EXPECT_EQ(column.type, SqlTypeOf(fields[i].type)) << table.name << "." << column.name;
      EXPECT_EQ(column.nullable, fields[i].optional) << table.name << "." << column.name;
    }
  }
}

struct Part {
  const char* name;  // a CSV file
  const char* message;
};

class LedgerCsv : public ::testing::TestWithParam<Part> {};

TEST_P(LedgerCsv, HasTheFieldsOfItsMessage) {
  const std::string text = ReadFile(absl::StrCat(EmptyRun(), "/", GetParam().name)).value();
  const std::vector<std::string> header =
      absl::StrSplit(absl::StripTrailingAsciiWhitespace(text), ',');
  EXPECT_EQ(header, NamesOf(FieldsOf(GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(All, LedgerCsv,
                         ::testing::Values(Part{"rounds.csv", "RoundCsvRow"},
                                           Part{"clients.csv", "TaskCsvRow"},
                                           Part{"health.csv", "HealthRow"}));

// An older ledger lacks some columns and has others under another name.
TEST(TableQuery, FindsColumnsByTheirNamesAndFormerNames) {
  Database database =
      Database::Create(TestFolder() + "/ledger.sqlite",
                       "CREATE TABLE steps (task TEXT, round INTEGER, attempt INTEGER);"
                       "INSERT INTO steps VALUES ('evaluate', 3, 7);"
                       "PRAGMA user_version = 3")
          .value();
  const std::vector<StepRow> steps = ReadAll<StepRow>(database).value();
  ASSERT_THAT(steps, SizeIs(1));
  EXPECT_EQ(steps[0].round, 3U);
  EXPECT_EQ(steps[0].step, 7U);
  EXPECT_EQ(steps[0].task, TaskKind::kEvaluate);
  EXPECT_EQ(steps[0].collect_ns, 0);
}

TEST(TableQuery, OfATableThatCameLaterHasNoRows) {
  Database database =
      Database::Create(TestFolder() + "/ledger.sqlite", "PRAGMA user_version = 3").value();
  TableInfo table = Describe<StepRow>();
  EXPECT_FALSE(TableQuery::Open(database, table).ok());
  table.since = 4;
  auto query = TableQuery::Open(database, table);
  ASSERT_TRUE(query.ok()) << query.status();
  EXPECT_FALSE(query->rows.Next().value());
}

}  // namespace
}  // namespace fedround::ledger
