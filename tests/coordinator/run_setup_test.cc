#include "coordinator/run_setup.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/config/experiment.h"

namespace fedround::coordinator {
namespace {

std::uint64_t MaxWeight(const std::string& override) {
  const std::vector<std::string> overrides = {override};
  const Experiment experiment =
      ParseExperimentToml("federation.clients = 8", "eight.toml", overrides).value();
  const auto algorithm = algorithm::MakeAlgorithm(experiment.federation.algorithm, 1);
  return MakeEngineOptions(experiment, **algorithm, {}).max_weight;
}

TEST(RunSetup, AnAnswersWeightIsItsShareOfTheSumOfWeights) {
  EXPECT_EQ(MaxWeight("fold.max_total_weight=800"), 100U);
}

// They are summed in the ledger and in clients' scores all the same.
TEST(RunSetup, TheExamplesOfACohortAddUpExactlyWhereTheyDoNotWeigh) {
  const std::uint64_t most = MaxWeight("federation.weighting=uniform");
  EXPECT_GT(most, 1'000'000U);
  EXPECT_LE(8 * most, std::uint64_t{1} << 53);
}

}  // namespace
}  // namespace fedround::coordinator
