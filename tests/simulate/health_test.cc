// The health of a tiny run: it is in the ledger, it is true, and measuring it changes nothing else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/nn/safetensors.h"
#include "tests/support/run_experiment.h"
#include "tests/support/run_ledger.h"

namespace fedround::testing {
namespace {

using ledger::HealthRow;
using ledger::RunLedger;
using ::testing::IsEmpty;

class HealthOfARun : public ::testing::Test {
 protected:
  HealthOfARun() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }

  RunLedger Run(const std::vector<std::string>& overrides) {
    const Outcome outcome = RunExperiment(Tiny(overrides), {}, folder_);
    EXPECT_EQ(outcome.verdict.outcome, RunOutcome::kDone) << outcome.verdict.message;
    sha256_ = outcome.model_sha256;
    return ledger::ReadLedger(folder_).value();
  }

  const std::string folder_ = absl::StrCat(
      ::testing::TempDir(), "/", ::testing::UnitTest::GetInstance()->current_test_info()->name());
  std::string sha256_;
};

TEST_F(HealthOfARun, IsInTheLedgerForEachRoundAndClient) {
  const RunLedger run = Run({"ledger.health=true"});
  std::multiset<std::string> rows;
  for (const HealthRow& row : run.health) {
    const std::string client = row.client.has_value() ? absl::StrCat(*row.client) : "all";
    rows.insert(absl::StrCat(row.round, " ", client, " ", row.layer, " ", row.quantity));
    EXPECT_TRUE(std::isfinite(row.value));
    if (row.quantity == "zeros" || row.quantity == "dead") {
      EXPECT_LE(row.value, 1);
    }
  }
  std::multiset<std::string> expected;
  for (int round = 1; round <= 4; ++round) {
    const auto expect = [&](const std::string& client, std::initializer_list<const char*> names) {
      for (const char* name : names) expected.insert(absl::StrCat(round, " ", client, " ", name));
    };
    expect("all", {"activation1 zeros", "activation1 dead", "activation1 nan", "activation1 inf",
                   "hidden1.weight l2_norm", "output.weight l2_norm"});
    for (int client = 0; client < 8; ++client) {
      expect(absl::StrCat(client),
             {"activation1 zeros", "activation1 dead", "activation1 nan", "activation1 inf",
              "hidden1.weight gradient_rms", "output.weight gradient_rms", "update zeros_by_input",
              "update zeros_by_activation"});
    }
  }
  EXPECT_EQ(rows, expected);
}

TEST_F(HealthOfARun, NormsAreOfTheModelThatTheRoundEndedWith) {
  const RunLedger run = Run({"ledger.health=true"});
  const auto model = nn::ReadSafetensors(folder_ + "/model.safetensors");
  ASSERT_TRUE(model.ok()) << model.status();
  // In the order of names: behind hidden1.bias.
  double squares = 0;
  for (const double weight : model->parameters.span().subspan(16, 16 * 12)) {
    squares += weight * weight;
  }
  for (const HealthRow& row : run.health) {
    if (row.round != 4 || row.layer != "hidden1.weight" || row.client.has_value()) continue;
    EXPECT_DOUBLE_EQ(row.value, std::sqrt(squares));
    return;
  }
  ADD_FAILURE() << "no norm of hidden1.weight after round 4";
}

TEST_F(HealthOfARun, ChangesNoBitOfTheModel) {
  Run({"ledger.health=true"});
  EXPECT_EQ(sha256_, RunExperiment(Tiny()).model_sha256);
}

TEST_F(HealthOfARun, IsNotSentUnlessAskedFor) { EXPECT_THAT(Run({}).health, IsEmpty()); }

TEST_F(HealthOfARun, OfNoTrainingIsTheModelsOnly) {
  const RunLedger run = Run({"ledger.health=true", "training.epochs=0"});
  EXPECT_EQ(run.health.size(), 4U * 6U);
}

}  // namespace
}  // namespace fedround::testing
