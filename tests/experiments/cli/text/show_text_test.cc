#include "experiments/cli/text/show_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_join.h"
#include "tests/experiments/analysis/synthetic_run.h"

namespace fedround::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> Shown(const std::string& folder) {
  const auto run = analysis::ReadRun(folder);
  EXPECT_TRUE(run.ok()) << run.status();
  return ShowLines(*run, analysis::MeasureCosts(*run).value());
}

std::string Text(const analysis::SyntheticOptions& options) {
  return absl::StrJoin(Shown(analysis::WriteSyntheticRun(options)), "\n");
}

TEST(Show, FitsOnAScreen) {
  const std::vector<std::string> lines = Shown(analysis::WriteSyntheticRun({.health = false}));
  EXPECT_LE(lines.size(), 40U);
  for (const std::string& line : lines) EXPECT_LE(line.size(), 100U) << line;
}

TEST(Show, SaysWhatRanAndHowItEnded) {
  const std::string text = Text({});
  EXPECT_THAT(text, HasSubstr("run         synthetic, 2026-01-31T12:34:56Z"));
  EXPECT_THAT(text, HasSubstr("3 clients, cohort 3, 4 rounds, fedavg, seed 5, driver grpc"));
  EXPECT_THAT(text, HasSubstr("machine     A CPU, 2 cores, avx2"));
  EXPECT_THAT(text, HasSubstr("outcome     done, 4 of 4 rounds"));
  EXPECT_THAT(text, HasSubstr("accuracy    0.8750, loss 0.5000 after round 4"));
}

TEST(Show, SaysWhatAModelStartedFromAndWhatOfItWasFrozen) {
  auto run = analysis::ReadRun(analysis::WriteSyntheticRun()).value();
  run.experiment.model.initial_weights = "a.safetensors";
  run.experiment.model.freeze = {"hidden1", "hidden2"};
  const std::string text = absl::StrJoin(ShowLines(run, analysis::MeasureCosts(run).value()), "\n");
  EXPECT_THAT(text, HasSubstr(" parameters, hidden1, hidden2 frozen; "));
  EXPECT_THAT(text, HasSubstr("\nstarts from a.safetensors\nfederation "));
}

TEST(Show, OfAnExternalModelNamesNeitherNetworkNorData) {
  auto run = analysis::ReadRun(analysis::WriteSyntheticRun()).value();
  run.experiment.model.preset = nn::Preset::kExternal;
  auto costs = analysis::MeasureCosts(run).value();
  costs.score->examples_of = ledger::ExamplesOf::kClients;
  const std::string text = absl::StrJoin(ShowLines(run, costs), "\n");
  EXPECT_THAT(text, HasSubstr("\nmodel       external, "));
  EXPECT_THAT(text, HasSubstr(" parameters; the clients' own data\n"));
  EXPECT_THAT(text, HasSubstr(" after round 4, on the clients' own examples\n"));
}

TEST(Show, AddsTheCriticalPathUpToTheWallTime) {
  EXPECT_THAT(Text({}), HasSubstr("\nwall               53.792  100.0"));
}

TEST(Show, SaysHowWellTheNetworkIsIfTheLedgerDoes) {
  EXPECT_THAT(Text({}), HasSubstr("dead on shards"));
  EXPECT_THAT(Text({.health = false}), Not(HasSubstr("dead on shards")));
}

TEST(Show, SaysInWordsWhatActivationsCost) {
  EXPECT_THAT(Text({}), HasSubstr("activations 20.0 % of training"));
}

TEST(Show, SplitsTheBytesOfTheWireByKind) {
  const std::string text = Text({});
  EXPECT_THAT(text, HasSubstr("  payload                       360                180"));
  EXPECT_THAT(text, HasSubstr("  http2 control"));
  EXPECT_THAT(text, HasSubstr("  total                        2580               4110"));
}

TEST(Show, OfARunWithoutSocketsHasPayloadsOnly) {
  const std::string text = Text({.sockets = false});
  EXPECT_THAT(text, HasSubstr("  payload "));
  EXPECT_THAT(text, Not(HasSubstr("http2")));
  EXPECT_THAT(text, Not(HasSubstr("protobuf")));
}

TEST(Show, OfAnUnfinishedRunSaysSo) {
  const std::string text = Text({.finish = false});
  EXPECT_THAT(text, HasSubstr("no verdict: still running, or killed; 4 of 4 rounds"));
  EXPECT_THAT(text, Not(HasSubstr("sha256")));
}

TEST(Show, OfARunWithoutRoundsHasNoTables) {
  EXPECT_THAT(Text({.rounds = 0}), Not(HasSubstr("critical path")));
}

TEST(Show, OfClientsThatReportedNothingSaysSo) {
  const std::string folder = analysis::WriteSyntheticRun();
  ASSERT_TRUE(
      ledger::Database::Create(ledger::LedgerPath(folder), "DELETE FROM tasks").status().ok());
  EXPECT_THAT(absl::StrJoin(Shown(folder), "\n"),
              HasSubstr("no client has reported what training cost"));
}

TEST(Show, CountsFailuresByKind) {
  const std::string folder = analysis::WriteSyntheticRun();
  ASSERT_TRUE(ledger::Database::Create(ledger::LedgerPath(folder),
                                       "INSERT INTO failures VALUES (1, 2, 'late', '', 5), "
                                       "(2, 2, 'late', '', 6), (3, 1, 'absent', '', 7)")
                  .status()
                  .ok());
  EXPECT_THAT(Shown(folder).back(), HasSubstr("failures    absent 1, late 2"));
}

}  // namespace
}  // namespace fedround::cli
