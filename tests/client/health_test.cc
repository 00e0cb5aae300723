// What a client reports about the health on its shard, on examples and networks small enough to do
// by hand.
#include "common/nn/training/health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "client/local_trainer.h"
#include "tests/common/data/data_files.h"

namespace fedround::client {
namespace {

using data::NpyFile;
using data::RawBytes;
using testing::IsEmpty;

// By "layer quantity".
using Values = std::map<std::string, double>;

constexpr std::uint64_t kSeed = 7;

class ShardHealth : public data::DatasetTest {
 protected:
  // Of the three inputs the second is lit in the third example only.
  data::Examples Shard(const std::vector<std::uint32_t>& rows) const {
    const std::vector<float> inputs = {1, 0, 2, 3, 0, 1, 1, 4, -5};
    const std::string path = folder_.File("data.npz");
    data::WriteAll(
        path,
        data::ZipFile(
            {{"x_train.npy", NpyFile("<f4", {3, 3}, RawBytes(inputs))},
             {"y_train.npy", NpyFile("<i8", {3}, RawBytes(std::vector<std::int64_t>{0, 1, 0}))},
             {"x_test.npy", NpyFile("<f4", {1, 3}, RawBytes(std::vector<float>{1, 1, 1}))},
             {"y_test.npy", NpyFile("|u1", {1}, std::string(1, '\1'))}}));
    const auto dataset = data::Dataset::Open({"npz", {{"path", path}}}, 1.0, 1);
    EXPECT_TRUE(dataset.ok()) << dataset.status();
    return *dataset->Read(data::Split::kTrain, rows);
  }
  // Its first unit is input 0, its second one minus input 2.
  static nn::Network Network(const std::string& activation) {
    return *nn::Network::Create(
        {.inputs = 3, .classes = 2, .hidden = {2}, .activation = {activation, {}}});
  }
  static std::vector<float> Parameters() {
    return {1,   0,    0,    0,     0, -1,  // hidden1.weight [2, 3]
            0,   0,                         // hidden1.bias
            0.5, 0.25, -0.5, 0.125,         // output.weight [2, 2]
            0,   0};
  }
  static Values ByName(const std::vector<HealthValue>& health) {
    Values values;
    for (const HealthValue& of : health) values[of.layer + " " + of.quantity] = of.value;
    return values;
  }
  // After a round from Parameters().
  static Values Trained(const std::string& activation, const data::Examples& shard,
                        const RoundPlan& plan) {
    const nn::Network network = Network(activation);
    LocalTrainer trainer(network, kSeed);
    std::vector<float> after = Parameters();
    trainer.Train(shard, 0, plan, 1, after);
    return ByName(trainer.Health(shard, 0, plan, 1, Parameters(), after));
  }

  const nn::Network network_ = Network("relu");
  LocalTrainer trainer_{network_, kSeed};
};

TEST_F(ShardHealth, AUnitIsDeadOnOneShardAndAliveOnAnother) {
  const auto of = [&](const std::vector<std::uint32_t>& rows) {
    return ByName(trainer_.Health(Shard(rows), 0, {}, 1, Parameters(), Parameters()));
  };
  const Values dead = of({0, 1});
  EXPECT_EQ(dead.at("activation1 dead"), 0.5);
  EXPECT_EQ(dead.at("activation1 zeros"), 0.5);
  const Values alive = of({0, 1, 2});
  EXPECT_EQ(alive.at("activation1 dead"), 0);
  EXPECT_EQ(alive.at("activation1 zeros"), 2.0 / 6);
}

TEST_F(ShardHealth, ZerosOfAnUpdateAreTheInputsOrTheActivations) {
  // The dark input's two weights do not move, whatever the activation. A unit that is dead keeps
  // its bias, its other two weights, and the two weights that lead on from it.
  const RoundPlan plan{.batch_size = 0};
  const Values relu = Trained("relu", Shard({0, 1}), plan);
  EXPECT_EQ(relu.at("update zeros_by_input"), 2.0 / 14);
  EXPECT_EQ(relu.at("update zeros_by_activation"), 5.0 / 14);
  const Values tanh = Trained("tanh", Shard({0, 1}), plan);
  EXPECT_EQ(tanh.at("update zeros_by_input"), 2.0 / 14);
  EXPECT_EQ(tanh.at("update zeros_by_activation"), 0);
  EXPECT_EQ(Trained("tanh", Shard({0, 1, 2}), plan).at("update zeros_by_input"), 0);
}

TEST_F(ShardHealth, GradientsAreOfTheFirstBatchAtTheModelBefore) {
  const data::Examples shard = Shard({0, 1, 2});
  std::vector<float> after = Parameters();
  for (float& parameter : after) parameter += 1;
  std::set<double> seen;
  for (std::uint32_t round = 1; round <= 8; ++round) {
    // The order in which Train takes the examples.
    std::vector<std::uint32_t> order(3);
    std::iota(order.begin(), order.end(), 0U);
    Rng rng(kSeed, RngPurpose::kBatchOrder, round, 5);
    Shuffle(order, rng);
    std::vector<float> inputs(2 * 3), gradient(14);
    std::vector<std::uint32_t> labels(2);
    shard.Gather(std::span(order).first(2), inputs, labels);
    nn::Workspace workspace(network_, 2);
    network_.Gradient(Parameters(), inputs, labels, gradient, workspace);
    std::vector<HealthValue> expected;
    nn::AppendGradientRms(network_, gradient, expected);
    const Values health =
        ByName(trainer_.Health(shard, 5, {.batch_size = 2}, round, Parameters(), after));
    for (const auto& [name, value] : ByName(expected)) EXPECT_EQ(health.at(name), value);
    seen.insert(health.at("hidden1.weight gradient_rms"));
  }
  EXPECT_GT(seen.size(), 1U);
}

TEST_F(ShardHealth, LeavesNoTraceInTraining) {
  const data::Examples shard = Shard({0, 1, 2});
  std::vector<float> plain = Parameters(), examined = Parameters();
  LocalTrainer(network_, kSeed).Train(shard, 0, {.batch_size = 2}, 2, plain);
  trainer_.Health(shard, 0, {.batch_size = 0}, 1, Parameters(), Parameters());
  trainer_.Train(shard, 0, {.batch_size = 2}, 2, examined);
  EXPECT_EQ(examined, plain);
}

TEST_F(ShardHealth, OfNoTrainingIsNothing) {
  EXPECT_THAT(trainer_.Health(Shard({0}), 0, {.epochs = 0}, 1, Parameters(), Parameters()),
              IsEmpty());
}

}  // namespace
}  // namespace fedround::client
