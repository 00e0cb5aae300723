#include "experiments/cli/text/health_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/experiments/analysis/synthetic_run.h"

namespace fedround::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Of a synthetic run whose ledger was changed.
std::vector<std::string> Lines(const std::string& sql = "",
                               const analysis::SyntheticOptions& options = {}) {
  const std::string folder = analysis::WriteSyntheticRun(options);
  EXPECT_TRUE(ledger::Database::Create(ledger::LedgerPath(folder), sql).ok());
  const auto run = analysis::ReadRun(folder);
  EXPECT_TRUE(run.ok()) << run.status();
  return HealthLines(analysis::MeasureCosts(*run)->health);
}

TEST(HealthText, PutsTheFirstRoundBesideTheLast) {
  // clang-format off
  EXPECT_THAT(Lines(), ElementsAre(
      "",
      "activations        zeros on test       dead on test           dead on shards: median [least, most]",
      "  after round         0        4         0        4                       1                      4",
      "  activation1    50.0 %   54.0 %     0.0 %    0.0 %        2.0 % [1.0, 3.0]       5.0 % [4.0, 6.0]",
      "  activation2    25.0 %   25.0 %    12.5 %   12.5 %     50.0 % [50.0, 50.0]    50.0 % [50.0, 50.0]"));
  // clang-format on
}

TEST(HealthText, OfARunWithoutHealthIsNothing) {
  EXPECT_THAT(Lines("", {.health = false}), IsEmpty());
}

TEST(HealthText, SaysWhatIsMissing) {
  EXPECT_EQ(
      Lines("DELETE FROM health WHERE client IS NOT NULL").at(3),
      "  activation1    50.0 %   54.0 %     0.0 %    0.0 %                       -            "
      "          -");
}

TEST(HealthText, LeavesTheRestOfADeepNetworkToTheFile) {
  std::string sql;
  for (int layer = 3; layer <= 10; ++layer) {
    absl::StrAppend(&sql, "INSERT INTO health VALUES (4, NULL, 'activation", layer,
                    "', 'dead', 1);");
  }
  const std::vector<std::string> lines = Lines(sql);
  ASSERT_THAT(lines, SizeIs(3 + kMostHealthLayers + 1));
  EXPECT_EQ(lines.back(), "  and 2 more in health.csv");
}

TEST(HealthText, FitsInAHundredColumns) {
  for (const std::string& line :
       Lines("UPDATE health SET value = 1; UPDATE health SET layer = printf('%.80c', 'x') WHERE "
             "layer = 'activation2'")) {
    EXPECT_LE(line.size(), 100U) << line;
  }
}

}  // namespace
}  // namespace fedround::cli
