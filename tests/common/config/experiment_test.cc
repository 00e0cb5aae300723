// The public functions, with the real plug-in tables.
#include "common/config/experiment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/io/file.h"
#include "common/config/schema/tables.h"

namespace fedround {
namespace {

using ::testing::HasSubstr;

TEST(Experiment, DefaultsAreInTheTables) {
  const auto experiment = ParseExperimentToml("", "x.toml", {});
  EXPECT_TRUE(experiment.ok()) << experiment.status();
}

TEST(Experiment, LoadsAFile) {
  const std::string path = absl::StrCat(::testing::TempDir(), "experiment_test.toml");
  ASSERT_TRUE(WriteFileAtomically(path, "[run]\nrounds = 7\n").ok());
  const auto experiment = LoadExperiment(path, {});
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_EQ(experiment->run.rounds, 7u);
}

// The file as earlier releases wrote it.
TEST(Experiment, OfARunFolderMayHaveTheOldNamesOfKeys) {
  const std::string folder = absl::StrCat(::testing::TempDir(), "experiment_test_run");
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const std::string path = folder + "/config.toml";
  ASSERT_TRUE(WriteFileAtomically(path,
                                  "[model]\ninit = \"xavier\"\ninitial = \"a\"\n"
                                  "initial_sha256 = \"b\"\n")
                  .ok());
  EXPECT_THAT(std::string(LoadExperiment(path, {}).status().message()),
              HasSubstr("model.init: this key is now called model.initialiser"));
  ASSERT_TRUE(WriteFileAtomically(folder + "/manifest.json", "{}").ok());
  const std::string mine = folder + "/mine.toml";
  ASSERT_TRUE(WriteFileAtomically(mine, "extends = \"config.toml\"\n").ok());
  for (const std::string& file : {path, mine}) {
    const auto experiment = LoadExperiment(file, {});
    ASSERT_TRUE(experiment.ok()) << experiment.status();
    EXPECT_EQ(experiment->model.initialiser.name, "xavier");
    EXPECT_EQ(experiment->model.initial_weights, "a");
    EXPECT_EQ(experiment->model.initial_weights_sha256, "b");
  }
  const std::vector<std::string> overrides = {"model.init=he"};
  EXPECT_FALSE(LoadExperiment(path, overrides).ok());
}

TEST(Experiment, AMissingFileIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(LoadExperiment("/no/such/file.toml", {}).status()));
}

TEST(Experiment, TakesOverridesInOrder) {
  const std::vector<std::string> overrides = {"run.rounds=3", "run.rounds=4"};
  const auto experiment = ParseExperimentToml("", "x.toml", overrides);
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_EQ(experiment->run.rounds, 4u);
}

TEST(Experiment, BytesParseToTheSame) {
  const auto experiment = ParseExperimentToml("", "x.toml", {});
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  const std::string bytes = SerializeExperiment(*experiment);
  const auto parsed = ParseExperiment(bytes);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(SerializeExperiment(*parsed), bytes);
}

TEST(Experiment, ParsingKnowsTheTables) {
  auto experiment = ParseExperimentToml("", "x.toml", {});
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  experiment->federation.algorithm.name = "fedagv";
  EXPECT_THAT(
      std::string(ParseExperiment(SerializeExperiment(*experiment)).status().message()),
      HasSubstr("federation.algorithm: unknown algorithm \"fedagv\"; did you mean \"fedavg\"?"));
}

// Every table, entry by entry: a new entry is tested as soon as it is listed.
class EveryTable : public ::testing::TestWithParam<config::TableInfo> {};

// "name", or {name = "...", option = ...} where it has options that must be given.
std::string Example(const PlugInInfo& info) {
  std::string text = absl::StrCat("{name = \"", info.name, "\"");
  for (const OptionSpec& option : info.options) {
    if (!MustBeGiven(option)) continue;
    const bool number = std::holds_alternative<double>(option.default_value);
    absl::StrAppend(&text, ", ", option.name, " = ",
                    number ? absl::StrCat(std::max(option.min, 1.0)) : "\"given\"");
  }
  return text + "}";
}

TEST_P(EveryTable, EntriesLoadByNameAndPrintBack) {
  const std::string key(GetParam().key);
  const bool list = key == "model.layer";
  for (const PlugInInfo& info : GetParam().infos()) {
    const std::string example = Example(info);
    const std::vector<std::string> overrides = {
        absl::StrCat(key, "=", list ? absl::StrCat("[", example, "]") : example)};
    const auto experiment = ParseExperimentToml("", "x.toml", overrides);
    ASSERT_TRUE(experiment.ok()) << experiment.status();
    const auto again = ParseExperimentToml(ExperimentToToml(*experiment, true), "y.toml", {});
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(SerializeExperiment(*again), SerializeExperiment(*experiment)) << info.name;
  }
}

TEST_P(EveryTable, IsInAlphabeticalOrder) {
  std::string last;
  for (const PlugInInfo& info : GetParam().infos()) {
    const std::string name(info.name);
    EXPECT_LT(last, name) << GetParam().name << " " << name
                          << ": put its line of table.inc where this name belongs, and only once";
    last = name;
  }
}

TEST_P(EveryTable, HasASummaryOfEachEntryAndOption) {
  for (const PlugInInfo& info : GetParam().infos()) {
    EXPECT_FALSE(info.summary.empty()) << info.name << ": write PlugInInfo::summary";
    for (const OptionSpec& option : info.options) {
      EXPECT_FALSE(option.help.empty())
          << info.name << ": write OptionSpec::help of " << option.name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Tables, EveryTable, ::testing::ValuesIn(config::Tables()),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace fedround
