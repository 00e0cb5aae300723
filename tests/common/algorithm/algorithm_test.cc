// What every algorithm of the table must keep, and what makes each of them itself.
#include "common/algorithm/algorithm.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace fedround::algorithm {
namespace {

std::unique_ptr<Algorithm> Make(const std::string& name,
                                std::map<std::string, OptionValue> options = {}) {
  for (const PlugInInfo& info : Algorithms()) {
    if (info.name != name) continue;
    auto resolved = ResolvePlugIn({name, std::move(options)}, info);
    EXPECT_TRUE(resolved.ok()) << resolved.status();
    auto made = MakeAlgorithm(*resolved, 3);
    EXPECT_TRUE(made.ok()) << made.status();
    return *std::move(made);
  }
  ADD_FAILURE() << "no algorithm " << name;
  return nullptr;
}

class EveryAlgorithm : public ::testing::TestWithParam<std::string> {};

TEST_P(EveryAlgorithm, AZeroUpdateLeavesTheModel) {
  const auto algorithm = Make(GetParam());
  std::vector<float> model{1, -2, 3};
  algorithm->Apply(model, std::vector<float>(3, 0.0F));
  EXPECT_EQ(model, (std::vector<float>{1, -2, 3}));
}

// With one client the first round is central SGD: model + (new - old) = new.
TEST_P(EveryAlgorithm, TheFirstUpdateIsTakenWhole) {
  const auto algorithm = Make(GetParam());
  std::vector<float> model{1, -2, 3};
  algorithm->Apply(model, std::vector<float>{0.5F, 0.25F, -1.0F});
  EXPECT_EQ(model, (std::vector<float>{1.5F, -1.75F, 2.0F}));
}

TEST_P(EveryAlgorithm, RestoredStateGoesOnAlike) {
  const auto original = Make(GetParam());
  std::vector<float> model{1, -2, 3};
  original->Apply(model, std::vector<float>{0.5F, 0.25F, -1.0F});
  const auto restored = Make(GetParam());
  const std::vector<float> state(original->state().begin(), original->state().end());
  if (!state.empty()) restored->RestoreState(state);
  std::vector<float> twin = model;
  original->Apply(model, std::vector<float>{0.1F, 0.2F, 0.3F});
  restored->Apply(twin, std::vector<float>{0.1F, 0.2F, 0.3F});
  EXPECT_EQ(model, twin);
}

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const PlugInInfo& info : Algorithms()) names.emplace_back(info.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Table, EveryAlgorithm, ::testing::ValuesIn(Names()),
                         [](const auto& name) { return name.param; });

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

TEST(FedAvgM, AddsMomentum) {
  const auto algorithm = Make("fedavgm", {{"momentum", 0.5}});
  std::vector<float> model{0, 0, 0};
  algorithm->Apply(model, std::vector<float>{1, 0, 0});
  algorithm->Apply(model, std::vector<float>{0, 0, 0});
  EXPECT_EQ(model[0], 1.5F);
}

}  // namespace
}  // namespace fedround::algorithm
