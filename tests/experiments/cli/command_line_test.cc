#include "experiments/cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fedround::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

absl::StatusOr<Command> Parse(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "fedround");
  return ParseCommandLine(arguments);
}

std::string ErrorOf(std::vector<std::string> arguments) {
  return std::string(Parse(std::move(arguments)).status().message());
}

TEST(CommandLine, ReadsARun) {
  const RunCommand run =
      std::get<RunCommand>(Parse({"run", "a.toml", "--out", "q", "--format", "json"}).value());
  EXPECT_EQ(run.config, "a.toml");
  EXPECT_EQ(run.out, "q");
  EXPECT_TRUE(run.json);
}

TEST(CommandLine, ReadsATraining) {
  const auto train = std::get<RunCommand>(Parse({"train", "a.toml", "--out", "q"}).value());
  EXPECT_TRUE(train.central);
  EXPECT_EQ(train.config, "a.toml");
  EXPECT_EQ(train.out, "q");
  EXPECT_FALSE(std::get<RunCommand>(Parse({"run", "a.toml"}).value()).central);
  EXPECT_EQ(ErrorOf({"train", "a.toml", "--replay", "q"}), "unknown option --replay; see --help");
}

TEST(CommandLine, TakesOneOverrideASet) {
  const RunCommand run = std::get<RunCommand>(
      Parse({"run", "--set", "run.rounds=2", "--set", "model.hidden=[64, 32]", "a.toml"}).value());
  EXPECT_THAT(run.overrides, ElementsAre("run.rounds=2", "model.hidden=[64, 32]"));
  EXPECT_EQ(run.config, "a.toml");
}

TEST(CommandLine, ReadsTheFolderOfARun) {
  EXPECT_EQ(std::get<VerifyCommand>(Parse({"verify", "runs/a"}).value()).folder, "runs/a");
  EXPECT_EQ(std::get<ShowCommand>(Parse({"show", "runs/a"}).value()).folder, "runs/a");
  EXPECT_THAT(ErrorOf({"verify"}), HasSubstr("DIR is required"));
}

TEST(CommandLine, ReadsModels) {
  const EvalCommand eval = std::get<EvalCommand>(
      Parse({"eval", "a", "b", "--experiment", "c.toml", "--format", "json"}).value());
  EXPECT_THAT(eval.models, ElementsAre("a", "b"));
  EXPECT_EQ(eval.experiment, "c.toml");
  EXPECT_TRUE(eval.json);
  const auto convert = std::get<ConvertCommand>(Parse({"convert", "a.npz", "b"}).value());
  EXPECT_EQ(convert.from, "a.npz");
  EXPECT_EQ(convert.to, "b");
}

TEST(CommandLine, ReadsWhatIsAskedOfData) {
  const auto describe = std::get<DataDescribeCommand>(
      Parse({"data", "describe", "a.npz", "mnist", "--layout", "nchw", "--format", "json"})
          .value());
  EXPECT_THAT(describe.files, ElementsAre("a.npz", "mnist"));
  EXPECT_EQ(describe.layout, data::ImageLayout::kNchw);
  EXPECT_TRUE(describe.json);
  EXPECT_TRUE(
      std::get<CacheListCommand>(Parse({"cache", "list", "--format", "json"}).value()).json);
  EXPECT_TRUE(std::holds_alternative<CacheClearCommand>(Parse({"cache", "clear"}).value()));
  EXPECT_FALSE(Parse({"cache"}).ok());
  EXPECT_THAT(ErrorOf({"data", "describe"}), HasSubstr("FILE is required"));
}

TEST(CommandLine, NamesTheNearestCommand) {
  EXPECT_EQ(ErrorOf({"rum", "a.toml"}), "unknown command rum; did you mean run?");
}

TEST(CommandLine, NamesTheNearestOption) {
  EXPECT_EQ(ErrorOf({"run", "a.toml", "--fromat", "json"}),
            "unknown option --fromat; did you mean --format?");
}

TEST(CommandLine, RefusesAnotherFormat) {
  EXPECT_THAT(ErrorOf({"run", "a.toml", "--format", "xml"}), HasSubstr("--format"));
}

TEST(CommandLine, RefusesASecondConfiguration) {
  EXPECT_THAT(ErrorOf({"run", "a.toml", "--set", "run.rounds=2", "b.toml"}),
              HasSubstr("unexpected argument b.toml"));
}

TEST(CommandLine, NeedsAConfiguration) {
  EXPECT_THAT(ErrorOf({"run"}), HasSubstr("CONFIG is required"));
}

TEST(CommandLine, NeedsACommand) {
  EXPECT_THAT(
      ErrorOf({}),
      HasSubstr(
          "name a command: run, train, verify, show, eval, convert, config, list, data, cache "
          "or bench"));
}

TEST(CommandLine, ReadsABenchOfSteps) {
  const BenchStepCommand bench = std::get<BenchStepCommand>(
      Parse({"bench", "step", "--model", "2nn,64-32x3", "--batch", "1,10", "--weights", "both",
             "--seconds", "0.5", "--forward-only", "--peer", "onednn", "--format", "json"})
          .value());
  EXPECT_EQ(bench.models, "2nn,64-32x3");
  EXPECT_EQ(bench.batches, "1,10");
  EXPECT_EQ(bench.weights, "both");
  EXPECT_EQ(bench.seconds, 0.5);
  EXPECT_EQ(bench.peer, "onednn");
  EXPECT_TRUE(bench.forward_only);
  EXPECT_TRUE(bench.json);
}

TEST(CommandLine, ReadsABenchOfActivations) {
  const BenchActivationsCommand bench = std::get<BenchActivationsCommand>(
      Parse({"bench", "activations", "--kernel", "fast", "--elements", "100"}).value());
  EXPECT_EQ(bench.kernel, "fast");
  EXPECT_EQ(bench.elements, 100);
}

TEST(CommandLine, ReadsABenchOfThePlan) {
  const BenchPlanCommand bench = std::get<BenchPlanCommand>(
      Parse({"bench", "plan", "--batch", "5,10", "--seconds", "0.5", "--format", "json"}).value());
  EXPECT_EQ(bench.batches, "5,10");
  EXPECT_EQ(bench.seconds, 0.5);
  EXPECT_TRUE(bench.json);
}

TEST(CommandLine, NamesTheNearestOfABench) {
  EXPECT_EQ(ErrorOf({"bench", "stop"}), "unknown command stop; did you mean step?");
  EXPECT_EQ(ErrorOf({"bench", "step", "--bach", "1"}),
            "unknown option --bach; did you mean --batch?");
}

TEST(CommandLine, RefusesAnotherPeer) {
  EXPECT_THAT(ErrorOf({"bench", "step", "--peer", "mkl"}), HasSubstr("--peer"));
}

TEST(CommandLine, PrintsTheHelpOfASubcommand) {
  const PrintCommand print = std::get<PrintCommand>(Parse({"run", "--help"}).value());
  EXPECT_THAT(print.text, HasSubstr("--replay DIR"));
}

TEST(CommandLine, HelpTakesNoWordThatLeadsNowhere) {
  EXPECT_THAT(std::get<PrintCommand>(Parse({"help", "bench", "step"}).value()).text,
              HasSubstr("--forward-only"));
  EXPECT_THAT(ErrorOf({"help", "experiments", "x"}), HasSubstr("unexpected argument x"));
  EXPECT_THAT(ErrorOf({"help", "run", "x"}), HasSubstr("unexpected argument x"));
  EXPECT_EQ(ErrorOf({"help", "bench", "stop"}), "unknown command stop; did you mean step?");
}

TEST(CommandLine, PrintsTheVersion) {
  const PrintCommand print = std::get<PrintCommand>(Parse({"--version"}).value());
  EXPECT_THAT(print.text, HasSubstr("fedround " FEDROUND_VERSION));
}

}  // namespace
}  // namespace fedround::cli
