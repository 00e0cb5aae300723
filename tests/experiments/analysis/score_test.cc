#include "experiments/analysis/score.h"

#include <gmock/gmock.h>

#include <cmath>

#include "common/nn/safetensors.h"
#include "tests/common/data/data_files.h"

namespace fedround::analysis {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Two test examples with input 0, so that the outputs are the biases; their label is 1.
class ScoreModelsTest : public data::DatasetTest {
 protected:
  ScoreModelsTest() {
    data::WriteAll(folder_.File("data.npz"), DataFile(std::string(2, '\1')));
    WriteExperiment("config.toml", "data.npz");
  }

  static std::string DataFile(const std::string& test_labels) {
    using data::NpyFile;
    return data::ZipFile({{"x_train.npy", NpyFile("|u1", {2, 1}, std::string(2, '\0'))},
                          {"y_train.npy", NpyFile("|u1", {2}, std::string("\0\1", 2))},
                          {"x_test.npy", NpyFile("|u1", {2, 1}, std::string(2, '\0'))},
                          {"y_test.npy", NpyFile("|u1", {2}, test_labels)}});
  }
  void WriteExperiment(const std::string& name, const std::string& data) {
    data::WriteAll(folder_.File(name),
                   absl::StrCat("[data]\nname = {name = \"npz\", path = \"", folder_.File(data),
                                "\"}\n[model]\npreset = \"linear\"\n"));
  }
  // Gives class 1 the probability `chance`.
  std::string Model(const std::string& name, double chance) {
    const auto bias = static_cast<float>(std::log(chance / (1 - chance)));
    return Write(name, {{"output.weight", {2, 1}}, {"output.bias", {2}}}, {5, 6, 0, bias});
  }
  std::string Write(const std::string& name, const std::vector<TensorSpec>& specs,
                    const std::vector<float>& parameters) {
    const std::string path = folder_.File(name);
    EXPECT_TRUE(nn::WriteSafetensors(path, specs, parameters).ok());
    return path;
  }
  static std::string ErrorOf(const std::vector<std::string>& models,
                             const std::string& experiment = "") {
    return ScoreModels(models, experiment).status().ToString();
  }
};

TEST_F(ScoreModelsTest, ScoresEachOneTheirMeanAndTheEnsemble) {
  const std::vector<std::string> models = {Model("a", 0.75), Model("b", 0.4)};
  const auto scores = ScoreModels(models, "");
  ASSERT_TRUE(scores.ok()) << scores.status();
  EXPECT_EQ(scores->paths, models);
  EXPECT_EQ(scores->examples, 2U);
  EXPECT_EQ(scores->models[0].accuracy, 1.0);
  EXPECT_EQ(scores->models[1].accuracy, 0.0);
  EXPECT_NEAR(scores->models[0].loss, -std::log(0.75), 1e-6);
  EXPECT_NEAR(scores->models[1].loss, -std::log(0.4), 1e-6);
  EXPECT_EQ(scores->mean.accuracy, 0.5);
  EXPECT_NEAR(scores->mean.loss, -(std::log(0.75) + std::log(0.4)) / 2, 1e-6);
  EXPECT_EQ(scores->ensemble.accuracy, 1.0);
  EXPECT_NEAR(scores->ensemble.loss, -std::log((0.75 + 0.4) / 2), 1e-6);
}

TEST_F(ScoreModelsTest, RefusesAModelThatOnlyItsClientsKnow) {
  const std::string model = Model("a", 0.75);
  data::WriteAll(folder_.File("config.toml"),
                 "[model]\npreset = \"external\"\ninitial_weights = \"a\"\n[evaluation]\n"
                 "federated = true\n");
  EXPECT_THAT(ErrorOf({model}),
              HasSubstr("/a: its experiment has model.preset = \"external\": only the clients of "
                        "such a run can score its models"));
}

TEST_F(ScoreModelsTest, TakesAFolderForTheModelInIt) {
  Model("model.safetensors", 0.75);
  const auto scores = ScoreModels(std::vector{folder_.path()}, "");
  ASSERT_TRUE(scores.ok()) << scores.status();
  EXPECT_EQ(scores->paths[0], folder_.File("model.safetensors"));
}

TEST_F(ScoreModelsTest, SaysHowToNameAnExperimentThatIsNotBesideTheModel) {
  const data::TempFolder other;
  std::filesystem::copy(Model("a", 0.75), other.File("a"));
  EXPECT_THAT(ErrorOf({other.File("a")}),
              AllOf(HasSubstr("NOT_FOUND"), HasSubstr("--experiment FILE")));
  EXPECT_EQ(ErrorOf({other.File("a")}, folder_.File("config.toml")), "OK");
}

TEST_F(ScoreModelsTest, NamesTheTensorThatDoesNotFit) {
  EXPECT_THAT(ErrorOf({Write("a", {{"output.weight", {2, 1}}}, {1, 2})}),
              HasSubstr("/a: tensor \"output.bias\": is missing"));
  EXPECT_THAT(
      ErrorOf({Write("b", {{"output.weight", {1, 2}}, {"output.bias", {2}}}, {1, 2, 3, 4})}),
      HasSubstr("/b: tensor \"output.weight\": has shape [1, 2]: must be [2, 1]"));
}

TEST_F(ScoreModelsTest, RefusesModelsOfDifferentData) {
  const data::TempFolder other;
  data::WriteAll(folder_.File("other.npz"), DataFile(std::string("\1\0", 2)));
  const std::string first = Model("a", 0.75);
  WriteExperiment("other.toml", "other.npz");
  std::filesystem::copy(folder_.File("other.toml"), other.File("config.toml"));
  std::filesystem::copy(first, other.File("b"));
  EXPECT_THAT(ErrorOf({first, other.File("b")}),
              HasSubstr("/b: its experiment uses other data than that of " + first));
}

}  // namespace
}  // namespace fedround::analysis
