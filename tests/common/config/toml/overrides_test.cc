#include "common/config/toml/overrides.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/common/config/fake_tables.h"

namespace fedround::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr absl::string_view kLeaky = "[model]\nactivation = {name = \"leaky_relu\", slope = 0.5}\n";

TEST(Override, BeatsTheFile) {
  const auto experiment = LoadText("[run]\nrounds = 3\n", {"run.rounds=4"});
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_EQ(experiment->run.rounds, 4u);
}

TEST(Override, LastOneWins) {
  const auto experiment = LoadText("", {"run.rounds=4", "run.rounds=5"});
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_EQ(experiment->run.rounds, 5u);
}

TEST(Override, LeavesItsNeighboursAlone) {
  const auto experiment = LoadText("[run]\nrounds = 3\nseed = 9\n", {"run.rounds=4"});
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_EQ(experiment->run.seed, 9u);
}

TEST(Override, ReplacesLists) {
  const auto experiment = LoadText("", {"model.hidden=[64]"});
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_THAT(experiment->model.hidden, ElementsAre(64));
}

std::string ListOf(std::size_t count, absl::string_view element) {
  std::string list = "[";
  for (std::size_t i = 0; i < count; ++i) absl::StrAppend(&list, element, ",");
  return absl::StrCat(list, "]");
}

TEST(Override, NamesTheLimitOfALongList) {
  const auto error = LoadText("", {absl::StrCat("model.hidden=", ListOf(50'000, "1"))}).status();
  EXPECT_THAT(error.message(), HasSubstr("--set model.hidden=[1,1,1,"));
  EXPECT_THAT(error.message(), HasSubstr("more than 10000 values; that is the limit"));
  EXPECT_LT(error.message().size(), 300u);
}

// Each of its problems names the override, not all that stands in it.
TEST(Override, OfMuchThatIsWrongIsNotRepeated) {
  const auto error = LoadText("", {absl::StrCat("model.hidden=", ListOf(9'000, "0"))}).status();
  EXPECT_THAT(error.message(), HasSubstr("and 8980 more"));
  EXPECT_LT(error.message().size(), 20 * 200u);
}

TEST(Override, AllowsSpaces) {
  const auto experiment = LoadText("", {" run.rounds = 4 "});
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_EQ(experiment->run.rounds, 4u);
}

// As a shell passes --set model.initial_weights="".
TEST(Override, WithoutAValueIsTheEmptyText) {
  const auto experiment =
      LoadText("[model]\ninitial_weights = \"a\"\n", {"model.initial_weights="});
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_EQ(experiment->model.initial_weights, "");
}

TEST(Override, ReachesInsideAPlugIn) {
  const auto experiment = LoadText(kLeaky, {"model.activation.slope=0.25"});
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_EQ(experiment->model.activation, (PlugIn{"leaky_relu", {{"slope", 0.25}}}));
}

TEST(Override, ReachesInsideAPlugInGivenByName) {
  const auto experiment =
      LoadText("", {"model.activation=leaky_relu", "model.activation.slope=0.25"});
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_EQ(experiment->model.activation.Number("slope"), 0.25);
}

TEST(Override, NameReplacesTheWholePlugIn) {
  const auto experiment = LoadText(kLeaky, {"model.activation=leaky_relu"});
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_EQ(experiment->model.activation.Number("slope"), 0.01);
}

TEST(Override, DottedNameReplacesTheWholePlugIn) {
  const auto experiment = LoadText(kLeaky, {"model.activation.name=gelu"});
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_EQ(experiment->model.activation, (PlugIn{"gelu", {}}));
}

TEST(Override, NameOfASectionReplacesOnlyItself) {
  const auto experiment = LoadText("[run]\nrounds = 3\n", {"run.name=night"});
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_EQ(experiment->run.rounds, 3u);
}

TEST(Override, TakesAPathAsABareWord) {
  const auto experiment = LoadText("", {"data.name=csv", "data.name.path=/tmp/a-1.csv"});
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_EQ(experiment->data.name.Text("path"), "/tmp/a-1.csv");
}

TEST(Override, OptionsOfAnotherPlugInAreUnknown) {
  EXPECT_THAT(ErrorOf("", {"model.activation.slope=0.1"}),
              HasSubstr("--set model.activation.slope=0.1: unknown option of \"relu\""));
}

TEST(Override, ErrorSaysTheOverrideInsteadOfTheKey) {
  EXPECT_EQ(ErrorOf("", {"training.learning_rate=-0.1"}),
            "--set training.learning_rate=-0.1: must be > 0");
}

TEST(Override, ErrorInsideItsValueNamesTheKey) {
  EXPECT_EQ(ErrorOf("", {"model.activation={name=\"leaky_relu\", slope=5}"}),
            "--set model.activation={name=\"leaky_relu\", slope=5}: model.activation.slope = 5: "
            "must be in [0, 1]");
}

TEST(Override, NamesTheNearestKey) {
  EXPECT_EQ(ErrorOf("", {"model.hiden=[3]"}),
            "--set model.hiden=[3]: unknown key; did you mean \"hidden\"?");
}

TEST(Override, CannotExtend) {
  EXPECT_THAT(ErrorOf("", {"extends=\"a.toml\""}),
              HasSubstr("--set extends=\"a.toml\": unknown key"));
}

TEST(Override, NeedsAnEqualsSign) {
  EXPECT_EQ(ErrorOf("", {"run.rounds"}),
            "--set run.rounds: must be key=value, such as training.learning_rate=0.1");
}

TEST(Override, NeedsAKey) { EXPECT_THAT(ErrorOf("", {"=3"}), HasSubstr("must be key=value")); }

TEST(Override, NeedsAValueWhereTheKeyHoldsNoText) {
  EXPECT_THAT(ErrorOf("", {"run.rounds="}), HasSubstr("--set run.rounds=: must be an integer"));
}

TEST(Override, RefusesUnquotedTexts) {
  EXPECT_THAT(ErrorOf("", {"run.name=two words"}), HasSubstr("a text goes in quotes"));
}

TEST(Override, CannotSmuggleInASecondKey) {
  EXPECT_THAT(ErrorOf("", {"run.rounds=1\nother=2"}), HasSubstr("the value is not TOML"));
}

TEST(Override, RefusesDeepKeys) {
  EXPECT_THAT(ErrorOf("", {"a.a.a.a.a.a.a.a.a=1"}), HasSubstr("must be key=value"));
}

}  // namespace
}  // namespace fedround::config
