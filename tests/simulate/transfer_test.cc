// Starting from another run's model, and training a part of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/algorithm/algorithms/table.h"
#include "common/base/hash.h"
#include "common/base/io/file.h"
#include "common/nn/safetensors.h"
#include "tests/support/entry_name.h"
#include "tests/support/run_experiment.h"

namespace fedround::testing {
namespace {

using ::testing::HasSubstr;

// Entries of the tiny network, 12 - 16 - 3, by layer.
constexpr std::uint64_t kHidden = 16 * 12 + 16;
constexpr std::uint64_t kOutput = 3 * 16 + 3;

// A folder with source.safetensors: a run of another seed.
class Transfer : public ::testing::Test {
 protected:
  Transfer() {
    folder_ = absl::StrCat(::testing::TempDir(), "/transfer_",
                           ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(folder_);
    source_ = RunTo("source", {"run.seed=11"});
  }

  // Runs Tiny(overrides); returns the path of its model.
  std::string RunTo(const std::string& name, const std::vector<std::string>& overrides) {
    const std::string folder = absl::StrCat(folder_, "/", name);
    std::filesystem::create_directories(folder);
    outcome_ = RunExperiment(Tiny(overrides), {}, folder);
    EXPECT_EQ(outcome_.verdict.outcome, RunOutcome::kDone) << outcome_.verdict.message;
    return folder + "/model.safetensors";
  }

  std::vector<std::string> FromSource(std::vector<std::string> more = {}) const {
    more.push_back("model.initial_weights='" + source_ + "'");
    return more;
  }

  static std::vector<float> Tensor(const std::string& path, const std::string& name) {
    const NamedParameters model = nn::ReadSafetensors(path).value();
    std::size_t offset = 0;
    for (const TensorSpec& spec : model.specs) {
      const auto values = model.parameters.span().subspan(offset, spec.elements());
      if (spec.name == name) return {values.begin(), values.end()};
      offset += values.size();
    }
    ADD_FAILURE() << path << " has no tensor " << name;
    return {};
  }

  static absl::Status StatusOf(const std::vector<std::string>& overrides) {
    return coordinator::Coordinator::Create({.experiment = Tiny(overrides)}).status();
  }

  std::string folder_;
  std::string source_;
  ledger::event::Started Started() const {
    return std::get<ledger::event::Started>(outcome_.events.front());
  }
  ledger::event::Round LastRound() const { return outcome_.Of<ledger::event::Round>().back(); }

  Outcome outcome_;  // of the last RunTo
};

// ---- model.initial_weights ----

TEST_F(Transfer, StartsFromTheFile) {
  const std::string model = RunTo("run", FromSource({"run.rounds=0"}));
  EXPECT_EQ(ReadFile(model).value(), ReadFile(source_).value());
  EXPECT_EQ(Started().initial, absl::StrCat(source_, " (SHA-256 ",
                                            Sha256Hex(absl::string_view(ReadFile(source_).value())),
                                            "): hidden1, output"));
}

TEST_F(Transfer, DrawsANewHeadForOtherClasses) {
  const std::vector<std::string> four = {"run.rounds=0", "data.name.classes=4"};
  const std::string model = RunTo("run", FromSource(four));
  EXPECT_THAT(Started().initial.value(), HasSubstr("): hidden1; output is new"));
  const std::string fresh = RunTo("fresh", four);
  for (const char* name : {"hidden1.weight", "hidden1.bias"}) {
    EXPECT_EQ(Tensor(model, name), Tensor(source_, name));
  }
  EXPECT_EQ(Tensor(model, "output.weight"), Tensor(fresh, "output.weight"));
}

TEST_F(Transfer, RefusesAnotherNetworksFileByItsTensor) {
  const absl::Status status = StatusOf(FromSource({"model.hidden=[20]"}));
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_EQ(status.message(),
            absl::StrCat("model.initial_weights: ", source_,
                         ": tensor \"hidden1.weight\": has shape [16, 12]: must be [20, 12]"));
  EXPECT_THAT(StatusOf(FromSource({"model.hidden=[16, 16]"})).message(),
              HasSubstr("tensor \"hidden2.weight\": is missing"));
  EXPECT_THAT(StatusOf(FromSource({"model.preset=linear"})).message(),
              HasSubstr("tensor \"hidden1.bias\": is not one of those expected"));
}

TEST_F(Transfer, RefusesAFileThatIsNotThere) {
  const absl::Status status = StatusOf({"model.initial_weights=nowhere.safetensors"});
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_THAT(status.message(), HasSubstr("nowhere.safetensors: "));
}

TEST_F(Transfer, RefusesAFileOfAnotherHash) {
  const std::string sha256(64, 'a');
  EXPECT_THAT(StatusOf(FromSource({"model.initial_weights_sha256=" + sha256})).message(),
              HasSubstr(": must be model.initial_weights_sha256 = " + sha256));
}

TEST_F(Transfer, RefusesDataOfAnotherHash) {
  const std::string sha256(64, 'a');
  const absl::Status status = StatusOf({"data.sha256=" + sha256});
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(status.message(), HasSubstr(": must be data.sha256 = " + sha256));
}

TEST_F(Transfer, RefusesNumbersThatAreNotFinite) {
  NamedParameters model = nn::ReadSafetensors(source_).value();
  model.parameters[kHidden - 1] = INFINITY;
  ASSERT_TRUE(nn::WriteSafetensors(source_, model.specs, model.parameters.span()).ok());
  EXPECT_THAT(StatusOf(FromSource()).message(),
              HasSubstr("tensor \"hidden1.weight\": has an entry that is infinite"));
}

// ---- model.freeze ----

std::uint64_t BytesUp(const Outcome& outcome) {
  std::uint64_t bytes = 0;
  for (const auto& round : outcome.Of<ledger::event::Round>()) bytes += round.payload_bytes_up;
  return bytes;
}

// Runs with each of the layers frozen.
class Frozen : public Transfer, public ::testing::WithParamInterface<algorithm::AlgorithmEntry> {
 protected:
  std::string algorithm() const {
    return absl::StrCat("federation.algorithm=", GetParam().info.name);
  }
};

INSTANTIATE_TEST_SUITE_P(Table, Frozen, ::testing::ValuesIn(algorithm::AlgorithmTable()),
                         EntryName());

TEST_P(Frozen, LayersKeepTheirBitsAndTheOthersLearn) {
  const std::string model =
      RunTo("run", FromSource({"model.freeze=[\"hidden1\"]", "run.rounds=300", algorithm()}));
  for (const char* name : {"hidden1.weight", "hidden1.bias"}) {
    EXPECT_EQ(Tensor(model, name), Tensor(source_, name));
  }
  EXPECT_NE(Tensor(model, "output.weight"), Tensor(source_, "output.weight"));
  EXPECT_GT(outcome_.accuracy(), 0.7);  // of three classes
}

TEST_P(Frozen, LayersBetweenTrainedOnesStayToo) {
  const std::vector<std::string> deep = {"model.hidden=[16, 8, 4]", "model.freeze=[\"hidden2\"]",
                                         algorithm()};
  std::vector<std::string> none = deep;
  none.push_back("run.rounds=0");
  const std::string start = RunTo("start", none);
  const std::string model = RunTo("run", deep);
  for (const char* name : {"hidden2.weight", "hidden2.bias"}) {
    EXPECT_EQ(Tensor(model, name), Tensor(start, name));
  }
  for (const char* name : {"hidden1.weight", "hidden3.weight", "output.weight", "output.bias"}) {
    EXPECT_NE(Tensor(model, name), Tensor(start, name)) << name;
  }
}

TEST_F(Transfer, UploadsAreTheTrainedLayersAlone) {
  RunTo("whole", {});
  EXPECT_EQ(BytesUp(outcome_), 4 * 8 * (kHidden + kOutput) * sizeof(float));
  const std::uint64_t down = LastRound().payload_bytes_down;
  EXPECT_GT(down, 0U);
  RunTo("head", {"model.freeze=[\"hidden1\"]"});
  EXPECT_EQ(BytesUp(outcome_), 4 * 8 * kOutput * sizeof(float));
  EXPECT_EQ(LastRound().payload_bytes_down, down);
  RunTo("below", {"model.freeze=[\"output\"]"});
  EXPECT_EQ(BytesUp(outcome_), 4 * 8 * kHidden * sizeof(float));
}

}  // namespace
}  // namespace fedround::testing
