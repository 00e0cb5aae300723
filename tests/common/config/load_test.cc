// One file: keys, types, ranges, plug-ins, and how each error is worded.
#include "common/config/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/common/config/fake_tables.h"

namespace fedround::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(Load, FillsInDefaults) {
  const auto experiment = LoadText("");
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_EQ(experiment->training.learning_rate, 0.05);
  EXPECT_THAT(experiment->model.hidden, ElementsAre(200, 200));
  EXPECT_EQ(experiment->data.name.name, "fashion-mnist");
  EXPECT_EQ(experiment->evaluation.when, EvaluateWhen::kBeside);
}

TEST(Load, ReadsEveryKind) {
  const auto experiment = LoadText(
      "run = {name = \"a\", seed = 7}\n[model]\nhidden = [3]\n[launch]\npin = true\n"
      "[training]\nmomentum = 0.5\n");
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_EQ(experiment->run.name, "a");
  EXPECT_EQ(experiment->run.seed, 7u);
  EXPECT_THAT(experiment->model.hidden, ElementsAre(3));
  EXPECT_TRUE(experiment->launch.pin);
  EXPECT_EQ(experiment->training.momentum, 0.5);
}

TEST(Load, TakesAnIntegerForANumber) {
  const auto experiment = LoadText("[training]\nlearning_rate = 1\n");
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_EQ(experiment->training.learning_rate, 1.0);
}

TEST(Load, NamesTheNearestKey) {
  EXPECT_EQ(ErrorOf("[model]\n  hiden = [3]\n"),
            "x.toml:2:3: model.hiden: unknown key; did you mean \"hidden\"?");
}

TEST(Load, NamesTheNearestTable) {
  EXPECT_EQ(ErrorOf("[modle]\nhidden = [3]\n"),
            "x.toml:1:2: modle: unknown key; did you mean \"model\"?");
}

TEST(Load, NamesNoKeyThatIsFar) {
  EXPECT_EQ(ErrorOf("[model]\nzzzzzzzz = 1\n"), "x.toml:2:1: model.zzzzzzzz: unknown key");
}

TEST(Load, KnowsNoFieldByItsNumber) {
  EXPECT_EQ(ErrorOf("[model]\n\"1\" = 1\n"), "x.toml:2:1: model.1: unknown key");
}

TEST(Load, QuotesOddKeys) {
  EXPECT_EQ(ErrorOf("\"a.\\n\" = 1\n"), "x.toml:1:1: \"a.\\n\": unknown key");
}

TEST(Load, RefusesValuesBelowTheRange) {
  EXPECT_EQ(ErrorOf("[training]\nlearning_rate = -0.1\n"),
            "x.toml:2:17: training.learning_rate = -0.1: must be > 0");
}

TEST(Load, RefusesAnExclusiveLimitItself) {
  EXPECT_EQ(ErrorOf("[training]\nlearning_rate = 0\n"),
            "x.toml:2:17: training.learning_rate = 0: must be > 0");
}

TEST(Load, TakesAnInclusiveLimitItself) {
  EXPECT_TRUE(LoadText("[training]\nlearning_rate = 1000\nmomentum = 0\n").ok());
}

TEST(Load, RefusesValuesAboveTheRangeWithTheUnit) {
  EXPECT_EQ(ErrorOf("[federation]\ndeadline_s = 1e7\n"),
            "x.toml:2:14: federation.deadline_s = 10000000: must be <= 1000000 s");
}

TEST(Load, RefusesNegativeIntegers) {
  EXPECT_EQ(ErrorOf("[run]\nrounds = -3\n"), "x.toml:2:10: run.rounds = -3: must be >= 0");
}

TEST(Load, RefusesIntegersWiderThanTheField) {
  EXPECT_EQ(ErrorOf("[run]\nrounds = 4294967297\n"),
            "x.toml:2:10: run.rounds = 4294967297: must be <= 1000000");
}

TEST(Load, RefusesNanAndInfinity) {
  EXPECT_EQ(ErrorOf("[training]\nlearning_rate = nan\nmomentum = inf\n"),
            "x.toml:2:17: training.learning_rate = nan: must be > 0\n"
            "x.toml:3:12: training.momentum = inf: must be <= 0.999999");
}

TEST(Load, ChecksEachElementOfAList) {
  EXPECT_EQ(ErrorOf("[model]\nhidden = [8, 0, 4]\n"),
            "x.toml:2:14: model.hidden[1] = 0: must be >= 1 units");
}

TEST(Load, RefusesAFloatForAnInteger) {
  EXPECT_EQ(ErrorOf("[training]\nepochs = 10.0\n"),
            "x.toml:2:10: training.epochs = 10.0: must be an integer");
}

TEST(Load, RefusesAnIntegerForABool) {
  EXPECT_EQ(ErrorOf("[launch]\npin = 1\n"), "x.toml:2:7: launch.pin = 1: must be true or false");
}

TEST(Load, RefusesANumberForAText) {
  EXPECT_EQ(ErrorOf("[run]\nname = 3\n"), "x.toml:2:8: run.name = 3: must be a text in quotes");
}

TEST(Load, RefusesATextForANumber) {
  EXPECT_EQ(ErrorOf("[training]\nmomentum = \"0.9\"\n"),
            "x.toml:2:12: training.momentum = \"0.9\": must be a number");
}

TEST(Load, RefusesANumberForAList) {
  EXPECT_EQ(ErrorOf("[model]\nhidden = 200\n"),
            "x.toml:2:10: model.hidden = 200: must be a list, such as [200, 200]");
}

constexpr char kTwoLayers[] =
    "[model]\nfreeze = [\"hidden1\"]\n"
    "[[model.layer]]\nname = \"dense\"\nunits = 7\n"
    "[[model.layer]]\nname = \"flatten\"\n";

TEST(Load, ReadsLayersInTheirOrder) {
  const auto experiment = LoadText(kTwoLayers);
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_THAT(experiment->model.layer,
              ElementsAre(PlugIn{"dense", {{"units", 7.0}}}, PlugIn{"flatten", {}}));
  EXPECT_THAT(experiment->model.freeze, ElementsAre("hidden1"));
}

TEST(Load, AnOverrideReplacesAllLayers) {
  const auto experiment = LoadText(kTwoLayers, {"model.layer=[\"flatten\"]"});
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_THAT(experiment->model.layer, ElementsAre(PlugIn{"flatten", {}}));
}

TEST(Load, TakesOnePlugInAsAListOfOne) {
  const std::vector<PlugIn> topk = {{"topk", {{"k", 0.5}}}};
  EXPECT_EQ(LoadText("uplink.codec = {name = \"topk\", k = 0.5}").value().uplink.codec, topk);
  const std::vector<PlugIn> int8 = {{"int8", {}}};
  EXPECT_EQ(LoadText("uplink.codec = \"int8\"").value().uplink.codec, int8);
  EXPECT_EQ(LoadText("", {"uplink.codec=int8"}).value().uplink.codec, int8);
}

TEST(Load, RefusesAnOverrideInsideOfLayers) {
  EXPECT_EQ(ErrorOf(kTwoLayers, {"model.layer.units=8"}),
            "--set model.layer.units=8: model.layer = {...}: must be a list, such as [{name = "
            "\"...\", option = 1}]");
}

TEST(Load, ChecksEachLayer) {
  EXPECT_EQ(ErrorOf("[[model.layer]]\nname = \"flatten\"\n[[model.layer]]\nname = \"dense\"\n"),
            "x.toml:3:1: model.layer[1].units: missing: outputs");
}

TEST(Load, RefusesANumberInAListOfTexts) {
  EXPECT_EQ(ErrorOf("[model]\nfreeze = [1]\n"),
            "x.toml:2:11: model.freeze[0] = 1: must be a text in quotes");
}

TEST(Load, RefusesAListInAList) {
  EXPECT_EQ(ErrorOf("[model]\nhidden = [[1]]\n"),
            "x.toml:2:11: model.hidden[0] = [...]: must be an integer");
}

TEST(Load, RefusesAValueForATable) {
  EXPECT_EQ(ErrorOf("model = 3\n"), "x.toml:1:9: model = 3: must be a table: [model]");
}

TEST(Load, RefusesDates) {
  EXPECT_THAT(ErrorOf("[run]\nname = 2024-05-01\n"), HasSubstr("x.toml:2:8: no key takes a date"));
}

TEST(Load, CutsLongTextsInErrors) {
  const std::string error =
      ErrorOf(absl::StrCat("[model]\npreset = \"", std::string(5000, 'x'), "\"\n"));
  EXPECT_LT(error.size(), 200u);
}

TEST(Load, NamesTheChoicesOfAText) {
  EXPECT_EQ(ErrorOf("[evaluation]\nwhen = \"afer\"\n"),
            "x.toml:2:8: evaluation.when = \"afer\": must be \"beside\" or \"after\"; did you mean "
            "\"after\"?");
}

TEST(Load, ReportsAllProblemsAtOnce) {
  const std::string error = ErrorOf("[run]\nrounds = -1\n[model]\nhiden = 1\n[launch]\npin = 0\n");
  const std::vector<std::string> lines = absl::StrSplit(error, '\n');
  EXPECT_THAT(lines, SizeIs(3));
}

TEST(Load, CountsProblemsBeyondTwenty) {
  std::string text = "[run]\n";
  for (int i = 0; i < 27; ++i) absl::StrAppend(&text, "unknown_key_", i, " = 1\n");
  const std::vector<std::string> lines = absl::StrSplit(ErrorOf(text), '\n');
  ASSERT_THAT(lines, SizeIs(21));
  EXPECT_EQ(lines.back(), "and 7 more");
}

TEST(Load, PlacesSyntaxErrors) {
  EXPECT_THAT(ErrorOf("[run]\nrounds = = 3\n"), HasSubstr("x.toml:2:10: "));
}

TEST(LoadPlugIn, TakesANameAlone) {
  const auto experiment = LoadText("[model]\nactivation = \"leaky_relu\"\n");
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_EQ(experiment->model.activation, (PlugIn{"leaky_relu", {{"slope", 0.01}}}));
}

TEST(LoadPlugIn, TakesOptions) {
  const auto experiment = LoadText("[model]\nactivation = {name = \"leaky_relu\", slope = 1}\n");
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_EQ(experiment->model.activation.Number("slope"), 1.0);
}

TEST(LoadPlugIn, NamesTheNearestEntry) {
  EXPECT_EQ(ErrorOf("[model]\nactivation = \"rellu\"\n"),
            "x.toml:2:14: model.activation: unknown activation \"rellu\"; did you mean \"relu\"? "
            "(known: relu, gelu, leaky_relu)");
}

TEST(LoadPlugIn, PlacesAnOptionOutOfRange) {
  EXPECT_EQ(ErrorOf("[model]\nactivation = {name = \"leaky_relu\", slope = 5}\n"),
            "x.toml:2:44: model.activation.slope = 5: must be in [0, 1]");
}

TEST(LoadPlugIn, PlacesAnUnknownOption) {
  EXPECT_THAT(ErrorOf("[model]\nactivation = {name = \"leaky_relu\", slpe = 1}\n"),
              HasSubstr("x.toml:2:36: model.activation.slpe: unknown option of \"leaky_relu\" "
                        "\"slpe\"; did you mean \"slope\"?"));
}

TEST(LoadPlugIn, PlacesAnOptionOfTheWrongType) {
  EXPECT_EQ(ErrorOf("[model]\nactivation = {name = \"leaky_relu\", slope = true}\n"),
            "x.toml:2:44: model.activation.slope: must be a number, not true or false");
}

TEST(LoadPlugIn, PlacesAMissingOptionAtThePlugIn) {
  EXPECT_EQ(ErrorOf("[data]\nname = \"csv\"\n"),
            "x.toml:2:8: data.name.path: missing: the file to read");
}

TEST(LoadPlugIn, RefusesAListAsAnOption) {
  EXPECT_EQ(
      ErrorOf("[data.name]\nname = \"csv\"\npath = [1]\n"),
      "x.toml:3:8: data.name.path = [...]: must be a number, a text in quotes, true or false");
}

TEST(Load, TellsTheNewNameOfARenamedKey) {
  EXPECT_EQ(ErrorOf("[model]\ninit = \"he\"\n"),
            "x.toml:2:1: model.init: this key is now called model.initialiser");
  EXPECT_EQ(LoadText("", {"model.initial=a"}).status().message(),
            "--set model.initial=a: this key is now called model.initial_weights");
}

TEST(LoadPlugIn, RefusesANumberAsAName) {
  EXPECT_THAT(ErrorOf("[model]\ninitialiser = 3\n"),
              HasSubstr("x.toml:2:15: model.initialiser = 3: must be a name"));
}

TEST(LoadPlugIn, RefusesANumberAsANameInATable) {
  EXPECT_EQ(ErrorOf("[model]\ninitialiser = {name = 3}\n"),
            "x.toml:2:15: model.initialiser: name = 3: must be a text in quotes");
}

}  // namespace
}  // namespace fedround::config
