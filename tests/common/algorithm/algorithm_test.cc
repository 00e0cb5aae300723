// What holds for every algorithm of the table.
#include "common/algorithm/algorithm.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "common/algorithm/algorithms/table.h"
#include "tests/common/algorithm/algorithm_tools.h"
#include "tests/support/entry_name.h"

namespace fedround::algorithm {
namespace {

constexpr char kSeeAlgorithm[] = ": see common/algorithm/algorithm.h, ";

class EveryAlgorithm : public ::testing::TestWithParam<AlgorithmEntry> {
 protected:
  static std::string name() { return std::string(GetParam().info.name); }
  // As many clients as a round needs, and one more.
  static std::uint64_t Clients() { return NeedsOf({name(), {}})->min_answers + 1; }
  // A federation of `clients`, all of which answer with the same update, as task `ask`.
  static const std::vector<float>& Round(Halves& halves, std::uint64_t clients, AskId ask,
                                         const std::vector<float>& update) {
    std::vector<Sent> answers;
    for (ClientId client = 0; client < clients; ++client) {
      answers.push_back(halves.Work(client, update, 5, ask, ask - 1));
    }
    return halves.Apply(answers);
  }
};

TEST_P(EveryAlgorithm, StepsAlongTheUpdate) {
  Halves halves(name(), {}, Clients());
  const std::vector<float> before = halves.model;
  const std::vector<float> update{0.5F, 0.25F, -1.0F};
  const std::vector<float> after = Round(halves, Clients(), 1, update);
  EXPECT_GT(std::inner_product(update.begin(), update.end(), after.begin(), 0.0F),
            std::inner_product(update.begin(), update.end(), before.begin(), 0.0F))
      << name() << kSeeAlgorithm << "Apply: the mean update is new - old, not a gradient";
}

TEST_P(EveryAlgorithm, AZeroUpdateLeavesTheModel) {
  Halves halves(name(), {}, Clients());
  const std::vector<float> before = halves.model;
  for (AskId ask = 1; ask <= 3; ++ask) {
    EXPECT_EQ(Round(halves, Clients(), ask, {0, 0, 0}), before) << name();
  }
}

TEST_P(EveryAlgorithm, EqualClientsAreAsOne) {
  const std::uint64_t one = std::max<std::uint64_t>(1, NeedsOf({name(), {}})->min_answers);
  Halves few(name(), {}, one);
  Halves many(name(), {}, 4 * one);
  for (AskId ask = 1; ask <= 3; ++ask) {
    const std::vector<float> update{0.5F / static_cast<float>(ask), 0.25F, -1.0F};
    EXPECT_EQ(Round(few, one, ask, update), Round(many, 4 * one, ask, update)) << name();
    EXPECT_EQ(few.down, many.down);
  }
}

TEST_P(EveryAlgorithm, TheOrderOfClientsNeverMatters) {
  Halves forward(name(), {}, 5);
  Halves backward(name(), {}, 5);
  for (AskId ask = 1; ask <= 3; ++ask) {
    std::vector<Sent> answers;
    for (ClientId client = 0; client < 5; ++client) {
      const float x = 0.1F * static_cast<float>(client + ask);
      answers.push_back(forward.Work(client, {x, x * x, -x}, client + 1, ask, ask - 1, client + 3));
    }
    forward.Apply(answers);
    std::ranges::reverse(answers);
    EXPECT_EQ(backward.Apply(answers), forward.model) << name();
    EXPECT_EQ(backward.down, forward.down);
  }
}

TEST_P(EveryAlgorithm, RestoredStateGoesOnAlike) {
  Halves original(name(), {}, Clients());
  Round(original, Clients(), 1, {0.5F, 0.25F, -1.0F});
  Halves restored(name(), {}, Clients());
  restored.model = original.model;
  restored.down = original.down;
  const auto from = original.server->State();
  const auto to = restored.server->State();
  ASSERT_EQ(from.size(), to.size());
  for (std::size_t i = 0; i < from.size(); ++i) {
    EXPECT_EQ(from[i].name, to[i].name);
    ASSERT_EQ(from[i].values.size(), to[i].values.size())
        << name() << kSeeAlgorithm << "State: sizes never change";
    std::ranges::copy(from[i].values, to[i].values.begin());
  }
  std::vector<Sent> answers;
  for (ClientId client = 0; client < Clients(); ++client) {
    answers.push_back(original.Work(client, {0.1F, 0.2F, 0.3F}, 5, 2, 1));
  }
  EXPECT_EQ(original.Apply(answers), restored.Apply(answers))
      << name() << kSeeAlgorithm << "State: it gives all that Apply keeps";
}

// An answer that does not count leaves what the client remembers as it was.
TEST_P(EveryAlgorithm, WhatDoesNotCountIsForgotten) {
  Halves halves(name(), {}, Clients());
  Round(halves, Clients(), 1, {0.5F, 0.25F, -1.0F});
  const std::vector<float> drift = halves.Drift(0, 1);
  const Sent once = halves.Work(0, {0.1F, 0.2F, 0.3F}, 5, 2, 1);
  halves.Work(0, {7, 8, 9}, 5, 3, 1);  // refused, like the one before it
  EXPECT_EQ(halves.Drift(0, 1), drift);
  const Sent again = halves.Work(0, {0.1F, 0.2F, 0.3F}, 5, 4, 1);
  EXPECT_EQ(again.values, once.values);
  EXPECT_EQ(again.scalars, once.scalars);
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
  Halves halves_{std::string(GetParam().info.name), *GetParam().fedavg_options};
};

// With one client every round is central SGD: model + (new - old) = new.
TEST_P(FedAvgAlike, TakesEveryUpdateWhole) {
  for (const float scale : {1.0F, 0.0F, -2.0F}) {
    const std::vector<float> before = halves_.model;
    const std::vector<float> update{0.5F * scale, 0.25F * scale, -1.0F * scale};
    const std::vector<float> after = halves_.Apply({{.client = 0, .values = update}});
    for (std::size_t i = 0; i < after.size(); ++i) {
      EXPECT_EQ(after[i], before[i] + update[i]) << GetParam().info.name << kSeeEntry;
    }
  }
}

TEST_P(FedAvgAlike, LeavesThePlanAlone) {
  EXPECT_EQ(halves_.plan, RoundPlan()) << GetParam().info.name << kSeeEntry;
}

INSTANTIATE_TEST_SUITE_P(Table, FedAvgAlike, ::testing::ValuesIn(ThoseThatCanBeFedAvg()),
                         EntryName());

TEST(MakeServer, NamesTheNearest) {
  const auto made = MakeServer({"fedagv", {}}, 3);
  EXPECT_NE(made.status().message().find("did you mean \"fedavg\""), absl::string_view::npos)
      << made.status();
}

TEST(FedProx, ChangesThePlanOnly) {
  EXPECT_EQ(Halves("fedprox", {{"mu", 0.25}}).plan.proximal_mu, 0.25);
  EXPECT_EQ(Halves("fedavg").plan, RoundPlan());
}

TEST(FedProx, TakesTheUpdateWhole) {
  EXPECT_EQ(Halves("fedprox").Apply({{.values = {0.5F, 0.25F, -1.0F}}}),
            (std::vector<float>{1.5F, -1.75F, 2.0F}));
}

TEST(FedAvgM, TakesTheFirstUpdateWhole) {
  EXPECT_EQ(Halves("fedavgm").Apply({{.values = {0.5F, 0.25F, -1.0F}}}),
            (std::vector<float>{1.5F, -1.75F, 2.0F}));
}

TEST(FedAvgM, AddsMomentum) {
  Halves halves("fedavgm", {{"momentum", 0.5}}, 1, {0, 0, 0});
  halves.Apply({{.values = {1, 0, 0}}});
  EXPECT_EQ(halves.Apply({{.values = {0, 0, 0}}})[0], 1.5F);
}

}  // namespace
}  // namespace fedround::algorithm
