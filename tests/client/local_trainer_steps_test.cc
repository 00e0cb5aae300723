// Local training is a loop over network.TrainStep. Here the loop is written a second time, example
// by example, and must give the same bits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <vector>

#include "client/local_trainer.h"

namespace fedround::client {
namespace {

constexpr std::uint64_t kSeed = 7;
constexpr ClientId kClient = 5;
constexpr std::uint32_t kRound = 3;

// The results of training: the parameters and the loss.
struct Result {
  std::vector<float> parameters;
  double train_loss = 0;
};

class LocalTrainerSteps : public testing::Test {
 protected:
  static data::Examples Shard(std::uint32_t examples) {
    const PlugIn blobs{"blobs", {{"classes", 3.0}, {"features", 12.0}, {"train", 600.0}}};
    const auto dataset = data::Dataset::Open(blobs, 1.0, 7);
    EXPECT_TRUE(dataset.ok()) << dataset.status();
    std::vector<std::uint32_t> rows(examples);
    std::iota(rows.begin(), rows.end(), 0U);
    return *dataset->Read(data::Split::kTrain, rows);
  }
  std::vector<float> Start() const {
    std::vector<float> parameters(network_.parameter_count());
    network_.Initialise(1, parameters);
    return parameters;
  }
  Result Train(const data::Examples& shard, const RoundPlan& plan) {
    Result result{Start()};
    const Metrics metrics = trainer_.Train(shard, kClient, plan, kRound, result.parameters).metrics;
    result.train_loss = metrics.at("train_loss");
    return result;
  }
  Result Reference(const data::Examples& shard, const RoundPlan& plan) const;

  const nn::Network network_ =
      *nn::Network::Create({.inputs = 12, .classes = 3, .hidden = {16, 8}});
  LocalTrainer trainer_{network_, kSeed};
};

Result LocalTrainerSteps::Reference(const data::Examples& shard, const RoundPlan& plan) const {
  Result result{Start()};
  const std::vector<float> before = result.parameters;
  const std::span<const float> anchor =
      plan.proximal_mu > 0 ? std::span(before) : std::span<const float>();
  std::vector<float> velocity(plan.momentum > 0 ? before.size() : 0);
  const nn::SgdOptions options{.learning_rate = static_cast<float>(plan.learning_rate),
                               .momentum = static_cast<float>(plan.momentum),
                               .weight_decay = static_cast<float>(plan.weight_decay),
                               .proximal_mu = static_cast<float>(plan.proximal_mu)};
  Rng rng(kSeed, RngPurpose::kBatchOrder, kRound, kClient);
  double seen = 0;
  for (std::uint32_t epoch = 0; epoch < plan.epochs; ++epoch) {
    std::vector<std::uint32_t> order(shard.size());
    std::iota(order.begin(), order.end(), 0U);
    Shuffle(order, rng);
    while (!order.empty()) {
      std::vector<std::uint32_t> batch;
      while (!order.empty() && (plan.batch_size == 0 || batch.size() < plan.batch_size)) {
        batch.push_back(order.front());
        order.erase(order.begin());
      }
      std::vector<float> inputs(batch.size() * network_.inputs());
      std::vector<std::uint32_t> labels(batch.size());
      shard.Gather(batch, inputs, labels);
      nn::Workspace workspace(network_, batch.size());
      result.train_loss +=
          network_
              .TrainStep(result.parameters, inputs, labels, options, velocity, anchor, workspace)
              .loss_sum;
      seen += static_cast<double>(batch.size());
    }
  }
  result.train_loss /= seen;
  return result;
}

// Of 7 examples the last batch has 3, 1, 2 or 1; or all 7, even if a batch may be larger.
TEST_F(LocalTrainerSteps, EveryExampleIsInOneBatchAlsoTheLastShorterOne) {
  const data::Examples shard = Shard(7);
  for (const std::uint32_t batch : {4U, 3U, 5U, 1U, 7U, 0U, 10U}) {
    const RoundPlan plan{.epochs = 3, .batch_size = batch, .learning_rate = 0.1};
    const Result got = Train(shard, plan);
    const Result expected = Reference(shard, plan);
    EXPECT_EQ(got.parameters, expected.parameters) << "batch_size = " << batch;
    EXPECT_EQ(got.train_loss, expected.train_loss) << "batch_size = " << batch;
  }
}

TEST_F(LocalTrainerSteps, EveryNumberOfThePlanReachesTheStep) {
  const data::Examples shard = Shard(7);
  const RoundPlan plain{.epochs = 2, .batch_size = 4, .learning_rate = 0.1};
  RoundPlan faster = plain, momentum = plain, decay = plain, proximal = plain, all = plain;
  faster.learning_rate = 0.2;
  momentum.momentum = 0.5;
  decay.weight_decay = 0.25;
  proximal.proximal_mu = 0.5;
  all.momentum = 0.5, all.weight_decay = 0.25, all.proximal_mu = 0.5;
  const std::vector<float> without = Train(shard, plain).parameters;
  for (const RoundPlan& plan : {faster, momentum, decay, proximal, all}) {
    const Result got = Train(shard, plan);
    EXPECT_EQ(got.parameters, Reference(shard, plan).parameters);
    EXPECT_NE(got.parameters, without);
  }
}

// A trainer keeps its memory from one client to the next, but no values; above all no velocity.
TEST_F(LocalTrainerSteps, ATrainerForgetsTheClientBefore) {
  const RoundPlan plan{
      .epochs = 2, .batch_size = 4, .learning_rate = 0.1, .momentum = 0.5, .proximal_mu = 0.5};
  const Result first = Train(Shard(7), plan);
  Train(Shard(9), plan);
  EXPECT_EQ(Train(Shard(7), plan).parameters, first.parameters);
}

// Blocks have 200 examples: 199, 200 and 201 end before, at and after the edge of a block.
TEST_F(LocalTrainerSteps, AScoreCountsEveryExampleOnce) {
  const std::vector<float> parameters = Start();
  for (const std::uint32_t examples : {1U, 199U, 200U, 201U, 400U, 401U}) {
    const data::Examples shard = Shard(examples);
    double loss = 0, correct = 0;
    nn::Workspace workspace(network_, 1);
    for (std::uint32_t i = 0; i < examples; ++i) {
      std::vector<float> inputs(network_.inputs());
      std::vector<std::uint32_t> labels(1);
      shard.Gather({&i, 1}, inputs, labels);
      const nn::BatchLoss one = network_.Evaluate(parameters, inputs, labels, workspace);
      loss += one.loss_sum;
      correct += static_cast<double>(one.correct);
    }
    const Metrics score = trainer_.Evaluate(shard, parameters);
    EXPECT_NEAR(score.at("loss"), loss / examples, 1e-5 * loss / examples);
    EXPECT_EQ(score.at("accuracy"), correct / examples);
  }
}

}  // namespace
}  // namespace fedround::client
