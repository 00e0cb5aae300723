// What holds for every stage.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "common/base/rng.h"
#include "common/stage/stages/table.h"

namespace fedround::stage {
namespace {

constexpr Population kPopulation{.seed = 7, .clients = 20};

class StageContract : public ::testing::TestWithParam<std::size_t> {
 protected:
  const StageEntry& entry() const { return StageTable()[GetParam()]; }
  std::unique_ptr<const Stage> Make(const PlugInOptions& options = {}) const {
    return MakeStage("uplink.stages[0]", {std::string(entry().info.name), options}, kPopulation)
        .value();
  }
};

std::vector<float> SomeUpdate(std::uint32_t client, std::size_t size = 1000) {
  Rng rng(11, RngPurpose::kSyntheticData, 0, client);
  std::vector<float> update(size);
  for (float& entry : update) entry = static_cast<float>(rng.NextNormal());
  return update;
}

TEST_P(StageContract, IsAFunctionOfTheUpdateAndTheClient) {
  const auto one = Make();
  const auto other = Make();
  for (ClientId client = 0; client < kPopulation.clients; ++client) {
    std::vector<float> update = SomeUpdate(3);
    std::vector<float> again = update;
    Metrics metrics;
    Metrics metrics_again;
    one->Apply(client, update, metrics);
    std::vector<float> before = SomeUpdate(4);  // what came before does not matter
    other->Apply(5, before, metrics_again);
    metrics_again.clear();
    other->Apply(client, again, metrics_again);
    EXPECT_EQ(update, again);
    EXPECT_EQ(metrics, metrics_again);
  }
}

TEST_P(StageContract, ReportsUnderItsOwnNameWhatIsFinite) {
  Metrics metrics;
  std::vector<float> update = SomeUpdate(1);
  Make()->Apply(0, update, metrics);
  EXPECT_FALSE(metrics.empty());
  for (const auto& [name, value] : metrics) {
    EXPECT_TRUE(name.starts_with(std::string(entry().info.name) + "."));
    EXPECT_TRUE(std::isfinite(value)) << name;
  }
}

TEST_P(StageContract, LeavesAZeroUpdateAZeroUpdate) {
  for (ClientId client = 0; client < kPopulation.clients; ++client) {
    std::vector<float> update(100, 0.0F);
    Metrics metrics;
    Make()->Apply(client, update, metrics);
    for (const float value : update) EXPECT_EQ(value, 0.0F);
  }
}

TEST_P(StageContract, TakesAnEmptyUpdate) {
  Metrics metrics;
  Make()->Apply(0, {}, metrics);
}

TEST_P(StageContract, ChecksItsOptions) {
  const auto unknown =
      MakeStage("uplink.stages[2]", {std::string(entry().info.name), {{"no", 1.0}}}, kPopulation);
  EXPECT_EQ(unknown.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(unknown.status().message().find("uplink.stages[2]") != std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(All, StageContract, ::testing::Range(std::size_t{0}, StageTable().size()),
                         [](const auto& stage) {
                           return std::string(StageTable()[stage.param].info.name);
                         });

}  // namespace
}  // namespace fedround::stage
