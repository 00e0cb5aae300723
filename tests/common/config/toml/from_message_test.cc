// A printed experiment, loaded again, is the same experiment.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/io/file.h"
#include "common/config/experiment.h"
#include "common/config/toml/text.h"
#include "tests/common/config/fake_tables.h"

namespace fedround::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string WrittenFile(const std::string& text) {
  std::string path = absl::StrCat(::testing::TempDir(), "to_toml_", getpid(), ".toml");
  EXPECT_TRUE(WriteFileAtomically(path, text).ok());
  return path;
}

// Each a set of overrides that makes another experiment.
class ToToml : public ::testing::TestWithParam<std::vector<std::string>> {};

TEST_P(ToToml, LoadsBackToTheSameExperiment) {
  const auto experiment = LoadText("", GetParam());
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  for (const bool comments : {false, true}) {
    const std::string text = ExperimentToToml(*experiment, comments);
    const auto again = LoadText(text);
    ASSERT_TRUE(again.ok()) << again.status() << "\n" << text;
    EXPECT_EQ(SerializeExperiment(*again), SerializeExperiment(*experiment)) << text;
  }
}

TEST_P(ToToml, AsWrittenItIsTheSameBytes) {
  const Experiment experiment = LoadText("", GetParam()).value();
  const auto written = SerializeAsWritten(WrittenFile(ExperimentToToml(experiment, false)));
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_EQ(*written, SerializeExperiment(experiment));
}

// As from a program that did not know the key.
TEST(SerializeAsWritten, LeavesOutAKeyThatIsNotInTheFile) {
  const std::string text = ExperimentToToml(LoadText("", {}).value(), false);
  const std::string stall = "stall_s = ";
  const std::size_t at = text.find(stall);
  ASSERT_NE(at, std::string::npos);
  std::string older = text;
  older.erase(at, older.find('\n', at) + 1 - at);
  const auto all = SerializeAsWritten(WrittenFile(text));
  const auto without = SerializeAsWritten(WrittenFile(older));
  ASSERT_TRUE(without.ok()) << without.status();
  EXPECT_LT(without->size(), all->size());
}

INSTANTIATE_TEST_SUITE_P(
    Experiments, ToToml,
    ::testing::Values(
        std::vector<std::string>{},
        std::vector<std::string>{
            "training.learning_rate=0.1", "training.momentum=0.30000000000000004",
            "training.weight_decay=1e-300", "data.scale=3", "data.label_noise=0.25"},
        std::vector<std::string>{"model.preset=linear", "launch.pin=true", "evaluation.every=0"},
        std::vector<std::string>{"model.hidden=[]", "run.seed=9007199254740991"},
        std::vector<std::string>{"run.name=\"a \\\"b\\\" \\\\ \\n \\t \\u0001 \\u007F \\u00e9 #\""},
        std::vector<std::string>{"model.activation=leaky_relu",
                                 "model.activation.slope=0.0123456789012345678"},
        std::vector<std::string>{"model.preset=custom",
                                 "model.layer=[{name=\"dense\", units=7}, \"flatten\"]",
                                 "model.freeze=[\"hidden1\", \"a'b\"]"},
        std::vector<std::string>{"data.name={name=\"csv\", path=\"a'b\", shuffle=true}"}));

TEST(ToTomlComments, ShowDocumentationDefaultRangeAndUnit) {
  const auto experiment = LoadText("", {"federation.deadline_s=10"});
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_THAT(
      ExperimentToToml(*experiment, true),
      HasSubstr(
          "# A round closes at the latest this long after its broadcast. With "
          "evaluation.federated, which is a separate\n# step before training, this holds for each "
          "step. If a client's connection breaks, the round waits up to 4 s\n# for it to join "
          "again, unless its process is known to have ended.\n"
          "# Default 300; >= 0.001, <= 1000000; unit: s.\n"
          "deadline_s = 10\n"));
}

TEST(ToToml, GivesEachLayerALine) {
  const auto experiment = LoadText(
      "[[model.layer]]\nname = \"dense\"\nunits = 7\n"
      "[[model.layer]]\nname = \"flatten\"\n");
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_THAT(ExperimentToToml(*experiment, false),
              HasSubstr("layer = [\n  {name = \"dense\", units = 7},\n  \"flatten\",\n]\n"));
}

TEST(ToTomlComments, AreLeftOutWhereNotWanted) {
  const auto experiment = LoadText("");
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_THAT(ExperimentToToml(*experiment, false), Not(HasSubstr("#")));
}

TEST(DoubleText, IsShortest) { EXPECT_EQ(DoubleText(0.1), "0.1"); }

TEST(DoubleText, MarksWholeNumbersThatIntegersCannotHold) {
  EXPECT_EQ(DoubleText(0x1p53), "9007199254740992.0");
}

TEST(DoubleText, KeepsTheSignOfZero) { EXPECT_EQ(DoubleText(-0.0), "-0.0"); }

TEST(DoubleText, WritesInfinityAsTomlDoes) {
  EXPECT_EQ(DoubleText(-std::numeric_limits<double>::infinity()), "-inf");
}

TEST(ShownText, CutsBetweenCharacters) {
  // 59 letters, then characters of two bytes: byte 60 is the middle of one.
  EXPECT_EQ(ShownText(std::string(59, 'x') + "\xc3\xa9\xc3\xa9"),
            "\"" + std::string(59, 'x') + "\"...");
}

}  // namespace
}  // namespace fedround::config
