// Training a network of which a part is frozen.
#include <gtest/gtest.h>

#include <vector>

#include "common/nn/network.h"
#include "tests/common/kernels/random_values.h"

namespace fedround::nn {
namespace {

constexpr std::size_t kBatch = 5;
constexpr SgdOptions kOptions{
    .learning_rate = 0.1f, .momentum = 0.5f, .weight_decay = 0.25f, .proximal_mu = 0.5f};

// conv1, norm1, hidden1 and output on 6 x 6 images, all ways of a step in use.
class Training {
 public:
  explicit Training(std::vector<std::string> freeze)
      : network_(*Network::Create(Spec(std::move(freeze)))),
        parameters_(network_.parameter_count()),
        velocity_(parameters_.size(), 0.0f),
        workspace_(network_, kBatch) {
    network_.Initialise(1, parameters_);
    start_ = parameters_;
  }

  void Step() {
    network_.TrainStep(parameters_, RandomValues(kBatch * 36, 2), RandomLabels(kBatch, 3, 3),
                       kOptions, velocity_, start_, workspace_);
  }
  // Undoes what steps did to the tensors that do not move in `other`.
  void PutBackWhatIsFrozenIn(const Training& other) {
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      if (other.Moves(i)) continue;
      parameters_[i] = start_[i];
      velocity_[i] = 0.0f;
    }
  }
  // Whether parameter i belongs to a tensor that is trained.
  bool Moves(std::size_t i) const {
    std::size_t end = 0;
    for (std::size_t t = 0;; ++t) {
      end += network_.tensors()[t].elements();
      if (i < end) return network_.layout().fates[t] == Fate::kShared;
    }
  }

  std::vector<float> Gradient() {
    std::vector<float> gradient(parameters_.size());
    network_.Gradient(parameters_, RandomValues(kBatch * 36, 2), RandomLabels(kBatch, 3, 3),
                      gradient, workspace_);
    return gradient;
  }

  const std::vector<float>& parameters() const { return parameters_; }
  const std::vector<float>& start() const { return start_; }

 private:
  static NetworkSpec Spec(std::vector<std::string> freeze) {
    NetworkSpec spec;
    spec.preset = Preset::kCustom;
    spec.inputs = 36;
    spec.image = {6, 6, 1};
    spec.classes = 3;
    spec.layers = {{"conv2d", {{"channels", 3.0}}},
                   {"activation", {}},
                   {"layer_norm", {}},
                   {"max_pool", {}},
                   {"flatten", {}},
                   {"dense", {{"units", 5.0}}},
                   {"activation", {}}};
    spec.freeze = std::move(freeze);
    return spec;
  }

  Network network_;
  std::vector<float> parameters_, velocity_, start_;
  Workspace workspace_;
};

class FreezeTest : public testing::TestWithParam<std::vector<std::string>> {};

INSTANTIATE_TEST_SUITE_P(Layers, FreezeTest,
                         testing::Values(std::vector<std::string>{"conv1"},
                                         std::vector<std::string>{"norm1"},
                                         std::vector<std::string>{"output"},
                                         std::vector<std::string>{"conv1", "norm1", "hidden1"}));

TEST_P(FreezeTest, FrozenTensorsMoveByNoBit) {
  Training training(GetParam());
  for (int step = 0; step < 3; ++step) training.Step();
  for (std::size_t i = 0; i < training.start().size(); ++i) {
    ASSERT_TRUE(training.Moves(i) || training.parameters()[i] == training.start()[i]) << i;
  }
}

TEST_P(FreezeTest, TheOthersTrainAsIfFrozenOnesWerePutBackAfterEachStep) {
  Training frozen(GetParam()), put_back({});
  for (int step = 0; step < 3; ++step) {
    frozen.Step();
    put_back.Step();
    put_back.PutBackWhatIsFrozenIn(frozen);
  }
  EXPECT_EQ(frozen.parameters(), put_back.parameters());
  EXPECT_NE(frozen.parameters(), frozen.start());
}

TEST_P(FreezeTest, TheGradientIsZeroWhereFrozenAndElseTheSame) {
  Training frozen(GetParam());
  std::vector<float> expected = Training({}).Gradient();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (!frozen.Moves(i)) expected[i] = 0;
  }
  EXPECT_EQ(frozen.Gradient(), expected);
}

}  // namespace
}  // namespace fedround::nn
