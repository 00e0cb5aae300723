#include "common/config/checks/external_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/common/config/fake_tables.h"

namespace fedround::config {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kExternal[] =
    "[model]\npreset = \"external\"\ninitial_weights = \"a.safetensors\"\n[evaluation]\nfederated "
    "= true\n";

TEST(ExternalModel, NeedsAFileAndTheClientsScores) {
  EXPECT_EQ(
      ErrorOf("[model]\npreset = \"external\"\n[evaluation]\nfederated = false\n"),
      "model.initial_weights: must name a safetensors file if model.preset = \"external\": it "
      "says which tensors the model has, and where they start\n"
      "x.toml:4:13: evaluation.federated = false: must be true if model.preset = "
      "\"external\": only its clients can score the model");
}

TEST(ExternalModel, IsTakenWithThem) {
  const auto experiment = LoadText(kExternal);
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_EQ(experiment->model.preset, nn::Preset::kExternal);
  EXPECT_EQ(experiment->federation.clients, 10U);
}

TEST(ExternalModel, HasAConfigurationThatCanBeLoadedAgain) {
  const auto experiment = LoadText(kExternal, {"model.simd=sse2"});
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  const auto again = LoadText(ExperimentToToml(*experiment, /*comments=*/false));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(SerializeExperiment(*again), SerializeExperiment(*experiment));
}

TEST(ExternalModel, TakesWhatItsClientsMayUse) {
  for (const char* key : {"training.epochs=3", "training.momentum=0.5", "model.freeze=[\"gru\"]",
                          "federation.weighting=uniform", "uplink.codec=int8",
                          "federation.dropout=0.5", "ledger.enabled=false"}) {
    EXPECT_TRUE(LoadText(kExternal, {key}).ok()) << key;
  }
}

TEST(ExternalModel, RefusesKeysOfDataByName) {
  for (const std::string key :
       {"validation=0.1", "scale=2", "examples_per_client=5", "label_noise=0.1", "sha256=ab",
        "layout=nhwc", "clients=first", "name={name = \"csv\", path = \"a\"}"}) {
    EXPECT_EQ(ErrorOf(kExternal, {"data." + key}),
              absl::StrCat("--set data.", key,
                           ": must be left out if model.preset = \"external\": its clients have "
                           "data of their own"));
  }
}

TEST(ExternalModel, RefusesKeysOfNetworksByName) {
  for (const char* key : {"model.hidden=[5]", "model.hidden=[]", "model.activation=gelu",
                          "model.layer=[{name = \"flatten\"}]", "model.skip_zeros=false",
                          "model.activation_kernel=scalar", "model.flush_to_zero=true",
                          "training.timing=fused", "ledger.health=true"}) {
    const std::string error = ErrorOf(kExternal, {key});
    EXPECT_THAT(error, StartsWith(absl::StrCat("--set ", key, ": must be left out"))) << key;
    EXPECT_THAT(error, HasSubstr("fedround has no network then"));
  }
}

TEST(ExternalModel, IsNotTrainedInThisProcess) {
  EXPECT_EQ(ErrorOf(kExternal, {"launch.driver=in_process"}),
            "--set launch.driver=in_process: must be \"grpc\" if model.preset = \"external\": "
            "clients in this process train networks of fedround's own only");
}

}  // namespace
}  // namespace fedround::config
