// The limits of what a run's setup allows (weights, cohorts, a coarse grid, recorded sets), and of
// what it prints about the data.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/config/experiment.h"
#include "common/round/cohort.h"
#include "coordinator/run_setup.h"
#include "coordinator/workload/describe_data.h"
#include "tests/coordinator/engine/engine_tools.h"

namespace fedround::coordinator {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

Experiment With(const std::string& text) {
  return ParseExperimentToml(text, "it.toml", {}).value();
}

// One client for each size.
data::Deal DealOf(const std::vector<std::uint64_t>& sizes) {
  data::Deal deal;
  deal.offsets.push_back(0);
  for (const std::uint64_t size : sizes) deal.offsets.push_back(deal.offsets.back() + size);
  deal.rows.resize(deal.offsets.back());
  std::iota(deal.rows.begin(), deal.rows.end(), 0U);
  return deal;
}

// How many examples the clients have.
struct Sizes {
  Sizes(std::initializer_list<std::uint64_t> sizes_in) : sizes(sizes_in) {}
  std::optional<std::uint64_t> operator()(ClientId client) const { return sizes[client]; }
  std::vector<std::uint64_t> sizes;
};

// As federation.deadline_s says in experiment.proto.
TEST(RunLimits, ALostClientIsWaitedForUpToFourSeconds) {
  EXPECT_EQ(Presence::kReturnGrace, 4 * kNanosPerSecond);
}

TEST(RunLimits, AnAnswerWeighsOneToItsShare) {
  for (const std::uint64_t weight : {0U, 1U, 1000U, 1001U}) {
    RoundEngine engine(Options(1, 1), 77);
    engine.Start(0);
    engine.Step(ClientJoined{0}, 1);
    const EngineActions actions = engine.Step(Answered{.handle = 1, .ask = 1, .weight = weight}, 2);
    const bool fits = weight == 1 || weight == 1000;
    EXPECT_EQ(Of<BeginFold>(actions).size(), fits ? 1U : 0U) << weight;
    EXPECT_EQ(Of<Refuse>(actions).size(), fits ? 0U : 1U) << weight;
  }
}

TEST(RunLimits, EveryClientMayHaveItsShareOfTheSumOfWeightsInExamples) {
  const Experiment experiment = With("federation.clients = 2\nfold.max_total_weight = 21");
  EXPECT_TRUE(CheckWeights(experiment, Sizes({10, 10})).ok());
  const absl::Status status = CheckWeights(experiment, Sizes({10, 11}));
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("client 1 has 11 examples"));
  EXPECT_FALSE(CheckWeights(experiment, Sizes({11, 10})).ok());
}

TEST(RunLimits, OnlyTheCohortSharesTheSumOfWeights) {
  const Experiment experiment =
      With("federation.clients = 4\nfederation.cohort = 2\nfold.max_total_weight = 20");
  EXPECT_TRUE(CheckWeights(experiment, Sizes({10, 10, 10, 10})).ok());
  EXPECT_FALSE(CheckWeights(experiment, Sizes({10, 10, 10, 11})).ok());
}

TEST(RunLimits, ClientsThatWeighOneNeedRoomForAsMany) {
  const std::string three = "federation.clients = 3\nfederation.weighting = \"uniform\"\n";
  EXPECT_TRUE(CheckWeights(With(three + "fold.max_total_weight = 3"), Sizes({500, 500, 500})).ok());
  EXPECT_FALSE(
      CheckWeights(With(three + "fold.max_total_weight = 2"), Sizes({500, 500, 500})).ok());
}

// A resolution of an eighth of the learning rate is enough.
TEST(RunLimits, AGridIsCoarseBeyondAnEighthOfTheLearningRate) {
  const std::string rate = "training.learning_rate = 0.25\n";
  EXPECT_EQ(CoarseGridNotice(With(rate + "fold.scale_bits = 5")), std::nullopt);
  EXPECT_THAT(CoarseGridNotice(With(rate + "fold.scale_bits = 4")).value(),
              EndsWith("raise it to 5 or more"));
}

TEST(RunLimits, OfNoGridIsFineEnoughTheLearningRateIsTheOneToChange) {
  const auto notice = [](const std::string& rate) {
    return CoarseGridNotice(With("training.learning_rate = " + rate + "\nfold.scale_bits = 8"))
        .value();
  };
  EXPECT_THAT(notice("7.275957614183426e-12"), EndsWith("raise it to 40 or more"));  // 2^-37
  EXPECT_THAT(notice("7.2e-12"), EndsWith("no grid is fine enough, raise training.learning_rate"));
}

TEST(RunLimits, AReplayHasTheRoundsOfTheRunAndClientsOfItsCohorts) {
  const Experiment experiment =
      With("federation.clients = 10\nfederation.cohort = 3\nrun.rounds = 2\nrun.seed = 5");
  const std::vector<ClientId> first = DrawCohort(5, 1, 10, 3), second = DrawCohort(5, 2, 10, 3);
  ASSERT_NE(first, second);
  EXPECT_TRUE(CheckReplay(experiment, {}).ok());
  EXPECT_TRUE(CheckReplay(experiment, {first, second}).ok());
  EXPECT_TRUE(CheckReplay(experiment, {{first[1]}, {}}).ok());
  EXPECT_FALSE(CheckReplay(experiment, {second, first}).ok());
  EXPECT_FALSE(CheckReplay(experiment, {first}).ok());
  EXPECT_FALSE(CheckReplay(experiment, {first, second, {}}).ok());
}

// What is logged about blobs of `classes` classes, of which the clients get the first rows.
std::string Described(int classes, const std::vector<std::uint64_t>& sizes) {
  const Experiment experiment =
      With(absl::StrCat("federation.clients = ", sizes.size(), "\ndata.name = {name = \"blobs\", ",
                        "classes = ", classes, ", features = 3, train = 64, test = 8}"));
  const auto dataset = data::Dataset::Open(experiment.data.name, 1.0, 1);
  EXPECT_TRUE(dataset.ok()) << dataset.status();
  return DescribeData(experiment, *dataset, DealOf(sizes));
}

TEST(RunLimits, TheDataAreDescribedInWords) {
  EXPECT_THAT(Described(2, {32, 32}),
              HasSubstr("blobs: 64 training and 8 test examples, 3 features, 2 classes; 2 clients "
                        "with 32 examples each"));
  EXPECT_THAT(Described(2, {30, 34}), EndsWith("2 clients with 30 to 34 examples"));
  EXPECT_THAT(Described(2, {64}), EndsWith("1 client with 64 examples"));
  EXPECT_THAT(Described(2, {1, 1}), HasSubstr("2 clients with 1 example each"));
}

TEST(RunLimits, TenOfTheMissingClassesAreNamed) {
  const auto missing = [](int classes) {
    const std::string text = Described(classes, {1});
    return text.substr(text.find("; classes that no client has: "));
  };
  // The only example is of one of them.
  EXPECT_THAT(missing(11), Not(HasSubstr("more")));
  EXPECT_EQ(std::ranges::count(missing(11), ','), 9);
  EXPECT_THAT(missing(12), EndsWith(" and 1 more"));
  EXPECT_EQ(std::ranges::count(missing(12), ','), 9);
}

}  // namespace
}  // namespace fedround::coordinator
