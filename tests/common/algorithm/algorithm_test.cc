// What holds for every algorithm of the table, and what is special about each of them.
#include "common/algorithm/algorithm.h"

#include <gtest/gtest.h>

#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "common/algorithm/algorithms/table.h"
#include "tests/support/entry_name.h"

namespace fedround::algorithm {
namespace {

std::unique_ptr<Algorithm> Make(const std::string& name, PlugInOptions options = {}) {
  return MakeAlgorithm({name, std::move(options)}, 3).value();
}

std::vector<float> Applied(Algorithm& algorithm, const std::vector<float>& model,
                           std::vector<float> update) {
  algorithm.Apply(model, update);
  return update;
}

constexpr char kSeeAlgorithm[] = ": see common/algorithm/algorithm.h, ";

class EveryAlgorithm : public ::testing::TestWithParam<AlgorithmEntry> {
 protected:
  static std::string name() { return std::string(GetParam().info.name); }
};

TEST_P(EveryAlgorithm, StepsAlongTheUpdate) {
  const std::vector<float> before{1, -2, 3};
  const std::vector<float> update{0.5F, 0.25F, -1.0F};
  const std::vector<float> after = Applied(*Make(name()), before, update);
  EXPECT_GT(std::inner_product(update.begin(), update.end(), after.begin(), 0.0F),
            std::inner_product(update.begin(), update.end(), before.begin(), 0.0F))
      << name() << kSeeAlgorithm << "Apply: the mean update is new - old, not a gradient";
}

TEST_P(EveryAlgorithm, RestoredStateGoesOnAlike) {
  const auto original = Make(name());
  const std::size_t size = original->state().size();
  std::vector<float> model = Applied(*original, {1, -2, 3}, {0.5F, 0.25F, -1.0F});
  const std::vector<float> state(original->state().begin(), original->state().end());
  ASSERT_EQ(state.size(), size) << name() << kSeeAlgorithm << "state: its size never changes";
  const auto restored = Make(name());
  if (size > 0) restored->RestoreState(state);
  EXPECT_EQ(Applied(*original, model, {0.1F, 0.2F, 0.3F}),
            Applied(*restored, model, {0.1F, 0.2F, 0.3F}))
      << name() << kSeeAlgorithm
      << "state: it gives all that Apply keeps, and RestoreState takes all of it";
}

INSTANTIATE_TEST_SUITE_P(Table, EveryAlgorithm, ::testing::ValuesIn(AlgorithmTable()), EntryName());

std::vector<AlgorithmEntry> ThoseThatCanBeFedAvg() {
  std::vector<AlgorithmEntry> entries;
  for (const AlgorithmEntry& entry : AlgorithmTable()) {
    if (entry.fedavg_options.has_value()) entries.push_back(entry);
  }
  return entries;
}

constexpr char kSeeEntry[] =
    ": correct or leave out AlgorithmEntry::fedavg_options in common/algorithm/algorithms";

class FedAvgAlike : public ::testing::TestWithParam<AlgorithmEntry> {
 protected:
  std::unique_ptr<Algorithm> algorithm_ =
      Make(std::string(GetParam().info.name), *GetParam().fedavg_options);
};

// With one client every round is central SGD: model + (new - old) = new.
TEST_P(FedAvgAlike, TakesEveryUpdateWhole) {
  std::vector<float> model{1, -2, 3};
  for (const float scale : {1.0F, 0.0F, -2.0F}) {
    const std::vector<float> before = model;
    const std::vector<float> update{0.5F * scale, 0.25F * scale, -1.0F * scale};
    model = Applied(*algorithm_, model, update);
    for (std::size_t i = 0; i < model.size(); ++i) {
      EXPECT_EQ(model[i], before[i] + update[i]) << GetParam().info.name << kSeeEntry;
    }
  }
}

TEST_P(FedAvgAlike, LeavesThePlanAlone) {
  RoundPlan plan;
  algorithm_->AdjustPlan(plan);
  EXPECT_EQ(plan, RoundPlan()) << GetParam().info.name << kSeeEntry;
}

INSTANTIATE_TEST_SUITE_P(Table, FedAvgAlike, ::testing::ValuesIn(ThoseThatCanBeFedAvg()),
                         EntryName());

TEST(MakeAlgorithm, NamesTheNearest) {
  const auto made = MakeAlgorithm({"fedagv", {}}, 3);
  EXPECT_NE(made.status().message().find("did you mean \"fedavg\""), absl::string_view::npos)
      << made.status();
}

TEST(FedProx, ChangesThePlanOnly) {
  RoundPlan plan;
  Make("fedprox", {{"mu", 0.25}})->AdjustPlan(plan);
  EXPECT_EQ(plan.proximal_mu, 0.25);
  RoundPlan untouched;
  Make("fedavg")->AdjustPlan(untouched);
  EXPECT_EQ(untouched, RoundPlan());
}

TEST(FedProx, TakesTheUpdateWhole) {
  EXPECT_EQ(Applied(*Make("fedprox"), {1, -2, 3}, {0.5F, 0.25F, -1.0F}),
            (std::vector<float>{1.5F, -1.75F, 2.0F}));
}

TEST(FedAvgM, TakesTheFirstUpdateWhole) {
  EXPECT_EQ(Applied(*Make("fedavgm"), {1, -2, 3}, {0.5F, 0.25F, -1.0F}),
            (std::vector<float>{1.5F, -1.75F, 2.0F}));
}

TEST(FedAvgM, AddsMomentum) {
  const auto algorithm = Make("fedavgm", {{"momentum", 0.5}});
  const std::vector<float> model = Applied(*algorithm, {0, 0, 0}, {1, 0, 0});
  EXPECT_EQ(Applied(*algorithm, model, {0, 0, 0})[0], 1.5F);
}

}  // namespace
}  // namespace fedround::algorithm
