// The figures that a case reports must be consistent; no test asserts a time.
#include "experiments/bench/step_contest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace fedround::bench {
namespace {

using ::testing::HasSubstr;

StepOptions Options() {
  return {.models = ParseModels("20-16x2").value(),
          .batches = {4},
          .weights = {Weights::kInitial},
          .data = "blobs",  // 20 inputs
          .activations = {"gelu", "identity", "relu"},
          .budget_ns = 0};
}

std::vector<StepCase> CasesOf(const StepOptions& options) {
  std::vector<StepCase> cases;
  const absl::Status status =
      RunStepContests(options, [&](const StepCase& result) { cases.push_back(result); });
  EXPECT_TRUE(status.ok()) << status;
  return cases;
}

std::string ErrorOf(const StepOptions& options) {
  return std::string(RunStepContests(options, [](const StepCase&) {}).message());
}

// The number of turns is odd, so the median of a rate is the rate at the median time.
TEST(StepContest, ReportsRatesThatFitTheTimes) {
  const StepCase result = CasesOf(Options()).front();
  EXPECT_EQ(result.turns, 15);
  EXPECT_EQ(result.flops_per_sample, 2.0 * (2 * 320 + 3 * 256 + 3 * 160));
  ASSERT_EQ(result.rows.size(), 3);
  for (const StepRow& row : result.rows) {
    EXPECT_NEAR(row.samples_per_s.median * row.us_per_step.median, 4e6, 1);
    EXPECT_NEAR(row.gflops.median * row.us_per_step.median * 1e3, 4 * result.flops_per_sample, 1);
    EXPECT_LE(row.peak_ratio.low, row.peak_ratio.median);
    EXPECT_GT(row.peak_ratio.low, 0);
    EXPECT_GT(row.l2_ratio.low, 0);
  }
}

TEST(StepContest, TakesTheIdentityForNothing) {
  const std::vector<StepRow> rows = CasesOf(Options()).front().rows;
  EXPECT_EQ(rows[1].activation, "identity");
  EXPECT_EQ(rows[1].activation_share.high, 0);
  EXPECT_NE(rows[0].activation_share.median, 0);
}

TEST(StepContest, ComparesReluWithItselfAndWithGelu) {
  const std::vector<StepDifference> differences = CasesOf(Options()).front().differences;
  ASSERT_EQ(differences.size(), 2);
  EXPECT_EQ(differences[0].a, "relu");
  EXPECT_EQ(differences[0].b, "relu");
  EXPECT_NE(differences[0].share.high, differences[0].share.low);  // two variants, not one
  EXPECT_EQ(differences[1].a, "gelu");
}

TEST(StepContest, RunsEveryCombination) {
  StepOptions options = Options();
  options.batches = {1, 2};
  options.weights = {Weights::kInitial, Weights::kTrained};
  std::vector<std::string> seen;
  for (const StepCase& result : CasesOf(options)) {
    seen.push_back(absl::StrCat(result.batch, " ", WeightsName(result.weights)));
  }
  EXPECT_THAT(seen, ::testing::ElementsAre("1 initial", "1 trained", "2 initial", "2 trained"));
}

TEST(StepContest, CountsTheForwardPassAlone) {
  StepOptions options = Options();
  options.pass = Pass::kForward;
  EXPECT_EQ(CasesOf(options).front().flops_per_sample, 2.0 * (320 + 256 + 160));
}

TEST(StepContest, RefusesDataOfAnotherShape) {
  StepOptions options = Options();
  options.models = ParseModels("21-16").value();
  EXPECT_THAT(ErrorOf(options), HasSubstr("has 20 inputs, the model takes 21"));
}

TEST(StepContest, RefusesAnUnknownDataSet) {
  StepOptions options = Options();
  options.data = "blob";
  EXPECT_THAT(ErrorOf(options), HasSubstr("did you mean \"blobs\"?"));
}

}  // namespace
}  // namespace fedround::bench
