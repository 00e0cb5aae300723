#include "client/local_trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <string>
#include <vector>

namespace fedround::client {
namespace {

using testing::Each;

// Generated examples and a network for them.
class LocalTrainerTest : public testing::Test {
 protected:
  static data::Examples Shard(std::uint32_t examples) {
    const PlugIn blobs{"blobs", {{"classes", 3.0}, {"features", 12.0}, {"train", 240.0}}};
    const auto dataset = data::Dataset::Open(blobs, 1.0, 7);
    EXPECT_TRUE(dataset.ok()) << dataset.status();
    std::vector<std::uint32_t> rows(examples);
    std::iota(rows.begin(), rows.end(), 0U);
    return *dataset->Read(data::Split::kTrain, rows);
  }
  static nn::Network Network(std::vector<std::uint32_t> hidden) {
    return *nn::Network::Create({.inputs = 12, .classes = 3, .hidden = std::move(hidden)});
  }
  // Trains from the same start each time.
  Trained Train(LocalTrainer& trainer, const data::Examples& shard, const RoundPlan& plan) {
    parameters_.assign(network_.parameter_count(), 0.0F);
    network_.Initialise(1, parameters_);
    return trainer.Train(shard, 0, plan, 1, parameters_);
  }
  static Nanos Sum(const TrainingProfile& profile) {
    return std::accumulate(std::begin(profile.step_ns), std::end(profile.step_ns), Nanos{0});
  }

  const nn::Network network_ = Network({16, 8});
  LocalTrainer trainer_{network_, 7};
  std::vector<float> parameters_;
};

TEST_F(LocalTrainerTest, ProfileCoversTheCallWhateverTheSizes) {
  for (const std::uint32_t examples : {1U, 37U, 240U}) {
    const data::Examples shard = Shard(examples);
    for (const std::uint32_t batch : {0U, 1U, 8U, 10U}) {
      for (const std::uint32_t epochs : {1U, 5U}) {
        const Nanos before = MonotonicNow();
        const TrainingProfile profile =
            Train(trainer_, shard, {.epochs = epochs, .batch_size = batch}).profile;
        const Nanos wall = MonotonicNow() - before;
        const std::uint32_t size = batch == 0 ? examples : batch;
        ASSERT_EQ(profile.steps, epochs * ((examples + size - 1) / size));
        ASSERT_GT(profile.sampled_steps, 0U);
        ASSERT_GT(Sum(profile), 0);
        ASSERT_LE(Sum(profile), wall);
      }
    }
  }
}

TEST_F(LocalTrainerTest, EveryPhaseOfAnMlpTakesTime) {
  const TrainingProfile profile = Train(trainer_, Shard(240), {}).profile;
  EXPECT_THAT(profile.step_ns, Each(testing::Gt(0)));
}

TEST_F(LocalTrainerTest, ALinearModelHasNoTimeInActivations) {
  const nn::Network linear = Network({});
  std::vector<float> parameters(linear.parameter_count());
  LocalTrainer trainer(linear, 7);
  const TrainingProfile profile = trainer.Train(Shard(240), 0, {}, 1, parameters).profile;
  EXPECT_EQ(profile.step_ns[static_cast<int>(StepPhase::kForwardActivations)], 0);
  EXPECT_EQ(profile.step_ns[static_cast<int>(StepPhase::kBackwardActivations)], 0);
}

// Step by step as the plan says: each epoch takes every example once, in an order of its own, and
// its last batch holds what is left.
TEST_F(LocalTrainerTest, IsSgdOverShuffledBatches) {
  const data::Examples shard = Shard(37);
  const RoundPlan plan{.epochs = 2,
                       .batch_size = 8,
                       .learning_rate = 0.1,
                       .momentum = 0.5,
                       .weight_decay = 0.01,
                       .proximal_mu = 0.2};
  const Trained trained = Train(trainer_, shard, plan);

  std::vector<float> start(network_.parameter_count());
  network_.Initialise(1, start);
  std::vector<float> parameters = start;
  std::vector<float> velocity(start.size(), 0.0F);
  std::vector<float> inputs(8 * network_.inputs());
  std::vector<std::uint32_t> labels(8);
  nn::Workspace workspace(network_, 8);
  Rng rng(7, RngPurpose::kBatchOrder, 1, 0);
  double loss = 0;
  for (int epoch = 0; epoch < 2; ++epoch) {
    std::vector<std::uint32_t> order(37);
    std::iota(order.begin(), order.end(), 0U);
    Shuffle(order, rng);
    for (const std::size_t first : {0U, 8U, 16U, 24U, 32U}) {
      const std::size_t count = first < 32 ? 8 : 5;
      const auto x = std::span(inputs).first(count * network_.inputs());
      const auto y = std::span(labels).first(count);
      shard.Gather(std::span(order).subspan(first, count), x, y);
      loss += network_
                  .TrainStep(parameters, x, y,
                             {.learning_rate = 0.1F,
                              .momentum = 0.5F,
                              .weight_decay = 0.01F,
                              .proximal_mu = 0.2F},
                             velocity, start, workspace)
                  .loss_sum;
    }
  }
  EXPECT_EQ(parameters_, parameters);
  EXPECT_EQ(trained.metrics.at("train_loss"), loss / 74);
}

TEST_F(LocalTrainerTest, ProfileChangesNoBit) {
  const data::Examples shard = Shard(240);
  const RoundPlan plan{.epochs = 3, .momentum = 0.9, .proximal_mu = 0.1};
  const Metrics metrics = Train(trainer_, shard, plan).metrics;
  const std::vector<float> profiled = parameters_;
  LocalTrainer plain(network_, 7, nullptr, false);
  EXPECT_EQ(Train(plain, shard, plan).metrics, metrics);
  EXPECT_EQ(parameters_, profiled);
}

TEST_F(LocalTrainerTest, ProfileCanBeSwitchedOff) {
  LocalTrainer plain(network_, 7, nullptr, false);
  const TrainingProfile profile = Train(plain, Shard(37), {}).profile;
  EXPECT_THAT(profile.step_ns, Each(0));
  EXPECT_EQ(profile.sampled_steps, 0U);
}

TEST_F(LocalTrainerTest, ReturnsNothingWithoutEpochs) {
  const Trained trained = Train(trainer_, Shard(37), {.epochs = 0});
  EXPECT_TRUE(trained.metrics.empty());
  EXPECT_EQ(trained.profile.steps, 0U);
}

TEST_F(LocalTrainerTest, ReturnsNothingWhenStopped) {
  const std::atomic<bool> stop = true;
  LocalTrainer stopped(network_, 7, &stop);
  EXPECT_TRUE(Train(stopped, Shard(37), {}).metrics.empty());
}

// What a network with a dropout layer has learnt.
std::vector<float> TrainWithDropout(const data::Examples& shard, std::uint64_t seed,
                                    ClientId client, std::uint32_t round) {
  const nn::Network network = *nn::Network::Create(
      {.preset = nn::Preset::kCustom, .inputs = 12, .classes = 3, .layers = {{"dropout", {}}}});
  LocalTrainer trainer(network, seed);
  std::vector<float> parameters(network.parameter_count(), 0.0F);
  network.Initialise(1, parameters);
  trainer.Train(shard, client, {.epochs = 1}, round, parameters);
  return parameters;
}

TEST_F(LocalTrainerTest, DropoutFollowsFromSeedRoundAndClient) {
  // One example: its order has no part in it.
  const data::Examples shard = Shard(1);
  EXPECT_EQ(TrainWithDropout(shard, 1, 2, 3), TrainWithDropout(shard, 1, 2, 3));
  EXPECT_NE(TrainWithDropout(shard, 1, 2, 3), TrainWithDropout(shard, 9, 2, 3));
  EXPECT_NE(TrainWithDropout(shard, 1, 2, 3), TrainWithDropout(shard, 1, 9, 3));
  EXPECT_NE(TrainWithDropout(shard, 1, 2, 3), TrainWithDropout(shard, 1, 2, 9));
}

}  // namespace
}  // namespace fedround::client
