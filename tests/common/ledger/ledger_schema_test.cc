// ledger.proto describes the schema: tables and CSV headers must have its fields, in its order.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "tests/common/ledger/ledger_test_support.h"
#include "tests/support/paths.h"

namespace fedround::ledger {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::string> ProtoLines() {
  return absl::StrSplit(
      ReadFile(std::string(FEDROUND_SOURCE_DIR) + "/proto/fedround/v1/ledger.proto").value(), '\n');
}

// The names of the fields of `message`, in order: of "  optional double loss = 4;" it is "loss".
std::vector<std::string> FieldsOf(const std::string& message) {
  std::vector<std::string> fields;
  bool inside = false;
  for (const std::string& line : ProtoLines()) {
    if (line == absl::StrCat("message ", message, " {")) inside = true;
    if (line == "}") inside = false;
    const std::vector<std::string> words =
        absl::StrSplit(line, absl::ByAnyChar(" "), absl::SkipEmpty());
    if (!inside || words.size() < 4 || words[0] == "//" || words[0] == "message") continue;
    fields.push_back(words[words.size() - 3]);
  }
  return fields;
}

// An exported run without rounds.
std::string EmptyRun() {
  const std::string folder = TestFolder();
  EXPECT_TRUE(RunRecorder::Create(folder).value()->Finish({"done", "", 0}).ok());
  return folder;
}

struct Part {
  const char* name;  // a table, or a CSV file
  const char* message;
};

class LedgerTable : public ::testing::TestWithParam<Part> {};

TEST_P(LedgerTable, HasTheFieldsOfItsMessage) {
  const std::vector<std::string> columns = Query(
      EmptyRun(), absl::StrCat("SELECT name FROM pragma_table_info('", GetParam().name, "')"));
  EXPECT_THAT(columns, Not(IsEmpty()));
  EXPECT_EQ(columns, FieldsOf(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    All, LedgerTable,
    ::testing::Values(Part{"rounds", "RoundRow"}, Part{"steps", "StepRow"},
                      Part{"answers", "AnswerRow"}, Part{"connections", "ConnectionRow"},
                      Part{"traffic", "TrafficRow"}, Part{"metrics", "MetricRow"},
                      Part{"health", "HealthRow"}, Part{"tasks", "TaskRow"},
                      Part{"clients", "ClientRow"}, Part{"evaluations", "EvaluationRow"},
                      Part{"failures", "FailureRow"}, Part{"verdict", "VerdictRow"}));

class LedgerCsv : public ::testing::TestWithParam<Part> {};

TEST_P(LedgerCsv, HasTheFieldsOfItsMessage) {
  const std::string text = ReadFile(absl::StrCat(EmptyRun(), "/", GetParam().name)).value();
  const std::vector<std::string> header =
      absl::StrSplit(absl::StripTrailingAsciiWhitespace(text), ',');
  EXPECT_EQ(header, FieldsOf(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(All, LedgerCsv,
                         ::testing::Values(Part{"rounds.csv", "RoundCsvRow"},
                                           Part{"clients.csv", "TaskCsvRow"},
                                           Part{"health.csv", "HealthRow"}));

TEST(LedgerSchema, HasNoTableWithoutMessage) {
  EXPECT_THAT(Query(EmptyRun(), "SELECT count(*) FROM sqlite_schema WHERE type = 'table'"),
              ::testing::ElementsAre("12"));
}

}  // namespace
}  // namespace fedround::ledger
