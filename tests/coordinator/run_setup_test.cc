#include "coordinator/run_setup.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/config/experiment.h"

namespace fedround::coordinator {
namespace {

Experiment Eight(const std::vector<std::string>& overrides) {
  return ParseExperimentToml("federation.clients = 8", "eight.toml", overrides).value();
}

std::uint64_t MaxWeight(const std::string& override) {
  const Experiment experiment = Eight({override});
  const auto algorithm = algorithm::MakeServer(experiment.federation.algorithm, 1);
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

TEST(RunSetup, SaysThatAGridIsTooCoarseToLearnOn) {
  EXPECT_EQ(CoarseGridNotice(Eight({"fold.scale_bits=1", "training.learning_rate=0.1"})),
            "fold.scale_bits = 1: updates are rounded to multiples of 0.5, and with "
            "training.learning_rate = 0.1 most of an update may round to 0: raise it to 7 or more");
  EXPECT_EQ(CoarseGridNotice(Eight({"fold.scale_bits=7", "training.learning_rate=0.1"})),
            std::nullopt);
}

TEST(RunSetup, NoSumOfAScalarMayOverflow) {
  const UpdateLayout layout{.vectors = {{"update", 2, "float32"}},
                            .scalars = {{"reach", std::uint64_t{1} << 36}}};
  EXPECT_TRUE(
      CheckLayout(Eight({"fold.scale_bits=20", "fold.max_total_weight=134217727"}), layout).ok());
  const absl::Status status =
      CheckLayout(Eight({"fold.scale_bits=20", "fold.max_total_weight=134217728"}), layout);
  EXPECT_NE(status.message().find("fold.max_total_weight = 134217728"), absl::string_view::npos);
}

TEST(RunSetup, KeptUpdatesOfAWholeCohortFitOrAreRefused) {
  const UpdateLayout layout{.vectors = {{"update", 100, "float32"}}, .kept = true};
  EXPECT_TRUE(CheckLayout(Eight({"limits.kept_updates_bytes=3200"}), layout).ok());
  EXPECT_FALSE(CheckLayout(Eight({"limits.kept_updates_bytes=3199"}), layout).ok());
}

}  // namespace
}  // namespace fedround::coordinator
