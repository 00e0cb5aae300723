#include "common/config/settle_clients.h"

#include <gmock/gmock.h>

#include "common/config/specs.h"
#include "tests/common/data/data_files.h"

namespace fedround {
namespace {

using ::testing::HasSubstr;

// Six training examples of three clients.
class NaturalData : public data::DatasetTest {
 protected:
  NaturalData() {
    data::WriteAll(
        path(),
        data::ZipFile({{"x_train.npy", data::NpyFile("|u1", {6, 1}, "abcdef")},
                       {"y_train.npy", data::NpyFile("|u1", {6}, Labels(6))},
                       {"x_test.npy", data::NpyFile("|u1", {2, 1}, "ab")},
                       {"y_test.npy", data::NpyFile("|u1", {2}, Labels(2))},
                       {"client_id.npy", data::NpyFile("|S3", {6}, "annbobanncatbobann")}}));
  }

  std::string path() const { return folder_.File("data.npz"); }
  static std::string Labels(std::size_t count) {
    std::string labels;
    for (std::size_t i = 0; i < count; ++i) labels += static_cast<char>(i % 2);
    return labels;
  }
  // Of the data above, dealt naturally unless `overrides` say otherwise.
  absl::StatusOr<Experiment> Settled(const std::vector<std::string>& overrides) const {
    std::vector<std::string> all = {absl::StrCat("data.name={name=\"npz\", path=\"", path(), "\"}"),
                                    "data.partition=natural"};
    all.insert(all.end(), overrides.begin(), overrides.end());
    auto experiment = ParseExperimentToml("", "x.toml", all);
    if (!experiment.ok()) return experiment;
    const auto dataset = OpenDataset(*experiment);
    if (!dataset.ok()) return dataset.status();
    const absl::Status settled = SettleClients(*dataset, *experiment);
    if (!settled.ok()) return settled;
    return experiment;
  }
  std::string ErrorOf(const std::vector<std::string>& overrides) const {
    return std::string(Settled(overrides).status().message());
  }
};

TEST_F(NaturalData, HasAsManyClientsAsItSays) {
  EXPECT_EQ(Settled({}).value().federation.clients, 3U);
  EXPECT_EQ(Settled({"federation.clients=0"}).value().federation.clients, 3U);
  EXPECT_EQ(Settled({"federation.clients=3"}).value().federation.clients, 3U);
}

TEST_F(NaturalData, NeverLosesAClientSilently) {
  EXPECT_EQ(ErrorOf({"federation.clients=2"}),
            "federation.clients = 2: the data has 3 clients; client 2 (\"cat\"), with 1 examples, "
            "would be left out; set federation.clients = 0 to include them all, or data.clients = "
            "\"first\" to leave them out");
}

TEST_F(NaturalData, LosesClientsThatTheExperimentGivesUp) {
  EXPECT_EQ(Settled({"federation.clients=2", "data.clients=first"}).value().federation.clients, 2U);
  EXPECT_EQ(Settled({"data.clients=first"}).value().federation.clients, 3U);
}

TEST_F(NaturalData, IsAskedBeforeOtherKeysAreHeldToTheNumber) {
  EXPECT_EQ(ErrorOf({"federation.cohort=4"}),
            "federation.cohort = 4: must be <= federation.clients = 3");
  EXPECT_EQ(ErrorOf({"federation.min_updates=4"}),
            "federation.min_updates = 4: must be <= federation.clients = 3");
  EXPECT_TRUE(Settled({"federation.cohort=3", "launch.processes=3"}).ok());
}

TEST_F(NaturalData, IsOneKindAmongOthers) {
  EXPECT_EQ(Settled({"data.partition=iid", "federation.clients=2"}).value().federation.clients, 2U);
  EXPECT_EQ(Settled({"data.partition=iid"}).value().federation.clients, 10U);
  EXPECT_EQ(Settled({"data.partition=iid", "federation.clients=0"}).value().federation.clients,
            10U);
}

TEST_F(NaturalData, IsOpenedOnlyToBeCounted) {
  Experiment experiment = ParseExperimentToml("", "x.toml", {}).value();
  experiment.data.partition = {"natural", {}};
  experiment.data.name = {"npz", {{"path", std::string("/nowhere.npz")}}};
  EXPECT_TRUE(SettleClients(experiment).ok());
  experiment.federation.clients = 0;
  EXPECT_TRUE(absl::IsNotFound(SettleClients(experiment)));
}

TEST_F(NaturalData, MustBeThere) {
  EXPECT_THAT(ErrorOf({"data.name=blobs"}), HasSubstr("an npz with client_id"));
}

}  // namespace
}  // namespace fedround
