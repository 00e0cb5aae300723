// As in step_contest_test.cc: the reported figures must be consistent.
#include "experiments/bench/activation_contest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace fedround::bench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<ActivationCase> CasesOf(const std::vector<std::string>& activations,
                                    const std::vector<std::size_t>& elements) {
  std::vector<ActivationCase> cases;
  const absl::Status status =
      RunActivationContests({.activations = activations,
                             .kernels = {ActivationKernel::kFast},
                             .elements = elements,
                             .budget_ns = 0},
                            [&](const ActivationCase& result) { cases.push_back(result); });
  EXPECT_TRUE(status.ok()) << status;
  return cases;
}

std::vector<std::string> Kernels(const ActivationCase& result) {
  std::vector<std::string> kernels;
  for (const ActivationRow& row : result.rows) kernels.push_back(row.kernel);
  return kernels;
}

TEST(ActivationContest, PutsOursBesideThePeers) {
  const ActivationCase tanh = CasesOf({"tanh"}, {100}).front();
  EXPECT_THAT(Kernels(tanh), ElementsAre("fast", "eigen", "libmvec"));
  // On a busy machine a pass over so few elements may drown in noise: then there is no ratio.
  for (PassCost ActivationRow::*way : {&ActivationRow::forward, &ActivationRow::backward}) {
    const PassCost& ours = tanh.rows[0].*way;
    const PassCost& eigen = tanh.rows[1].*way;
    const PassCost& libmvec = tanh.rows[2].*way;
    const PassCost& best = eigen.ns.median <= libmvec.ns.median ? eigen : libmvec;
    EXPECT_EQ(ours.of_peer.has_value(), ours.Resolved() && best.Resolved());
    EXPECT_FALSE(eigen.of_peer.has_value());
  }
}

TEST(ActivationContest, DoesWithoutPeersWhereThereAreNone) {
  const ActivationCase identity = CasesOf({"identity"}, {100}).front();
  EXPECT_THAT(Kernels(identity), ElementsAre("fast"));
  EXPECT_FALSE(identity.rows[0].forward.of_peer.has_value());
}

TEST(ActivationContest, RunsEveryCombination) {
  std::vector<std::string> seen;
  for (const ActivationCase& result : CasesOf({"relu", "tanh"}, {7, 5000})) {
    seen.push_back(absl::StrCat(result.activation, " ", result.elements));
  }
  EXPECT_THAT(seen, ElementsAre("relu 7", "tanh 7", "relu 5000", "tanh 5000"));
}

TEST(ActivationContest, NamesTheNearest) {
  const absl::Status status = RunActivationContests(
      {.activations = {"tan"}, .kernels = {ActivationKernel::kFast}, .elements = {7}},
      [](const ActivationCase&) {});
  EXPECT_THAT(std::string(status.message()), HasSubstr("did you mean \"tanh\"?"));
}

}  // namespace
}  // namespace fedround::bench
