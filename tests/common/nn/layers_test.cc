// The contract of every entry of the layer table: an entry that is listed is tested.
//
// Gradients are compared with finite differences of the layer's own forward pass, in float. A
// difference of fourth order with steps of 1/64 has an error of some 1e-8 of the fifth derivative;
// rounding of outputs of size 2 adds some 1e-5. A wrong gradient is off by far more than the 1e-4
// that are allowed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "common/base/plug_in.h"
#include "common/nn/layers/table.h"
#include "tests/common/kernels/random_values.h"
#include "tests/support/entry_name.h"

namespace fedround::nn {
namespace {

constexpr std::size_t kBatch = 2;
constexpr double kTolerance = 1e-4;

// Options that must be given are 3.
PlugIn Options(const PlugInInfo& info) {
  PlugIn given{std::string(info.name), {}};
  for (const OptionSpec& spec : info.options) {
    const double* number = std::get_if<double>(&spec.default_value);
    if (number != nullptr && *number < spec.min) given.options[std::string(spec.name)] = 3.0;
  }
  return WithDefaults(given, info);
}

// On images of 5 x 4 x 3, or on flat vectors of 13 if it takes no images. A smooth activation:
// kinks have no slope.
std::unique_ptr<Layer> Make(const LayerEntry& entry) {
  LayerPlace place{.key = "model.layer[0]",
                   .name = "layer1",
                   .in = {5, 4, 3},
                   .room = 1000,
                   .max_parameters = 1000,
                   .activation = {"gelu", {}}};
  auto layer = entry.make(Options(entry.info), place);
  if (layer.ok()) return *std::move(layer);
  place.in = {1, 1, 13};
  return entry.make(Options(entry.info), place).value();
}

// Numbers of [-2.4, 2.4] that are further apart than differences go, so that none overtakes another
// under the window of a pool, nor passes the kink of PReLU at 0.
std::vector<float> SpacedValues(std::size_t count) {
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0U);
  Rng rng(1, RngPurpose::kSyntheticData);
  Shuffle(order, rng);
  std::vector<float> values;
  for (const std::uint32_t rank : order) {
    const float value = 0.04f * static_cast<float>(rank) - 2.38f;
    values.push_back(value < 0.0f ? value - 0.02f : value + 0.02f);
  }
  return values;
}

class LayerContract : public testing::TestWithParam<LayerEntry> {
 protected:
  LayerContract()
      : layer_(Make(GetParam())),
        parameters_(RandomValues(ParameterCount(layer_->tensors()), 2)),
        x_(SpacedValues(kBatch * layer_->in().size())),
        y_(kBatch * layer_->out().size()),
        scratch_(layer_->ScratchFloats(kBatch)),
        dy_(RandomValues(y_.size(), 3)) {}

  LayerValues At() { return {parameters_, x_, y_, scratch_}; }
  // Sum of y * dy: its gradient with respect to y is dy. The mask of a dropout is always the same.
  double Loss() {
    Rng dropout(1, RngPurpose::kDropoutMask);
    layer_->Forward(At(), &dropout);
    double sum = 0;
    for (std::size_t i = 0; i < y_.size(); ++i) {
      sum += static_cast<double>(y_[i]) * static_cast<double>(dy_[i]);
    }
    return sum;
  }
  // How the loss changes with `value`.
  double Slope(float& value) {
    constexpr float kStep = 1.0f / 64;
    const float middle = value;
    const auto at = [&](float steps) {
      value = middle + steps * kStep;
      return Loss();
    };
    const double far = at(2) - at(-2), near = at(1) - at(-1);
    value = middle;
    return (8 * near - far) / (12.0 / 64);
  }
  void ExpectSlopes(std::vector<float>& values, std::span<const float> gradient) {
    ASSERT_EQ(values.size(), gradient.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto actual = static_cast<double>(gradient[i]);
      ASSERT_NEAR(actual, Slope(values[i]), kTolerance * std::max(1.0, std::fabs(actual))) << i;
    }
  }
  std::vector<float> BackwardInput(const LayerValues& at) {
    std::vector<float> dx = dy_;
    dx.resize(x_.size());
    layer_->BackwardInput(at, layer_->is_elementwise() ? dx : dy_, dx);
    return dx;
  }

  std::unique_ptr<Layer> layer_;
  std::vector<float> parameters_, x_, y_, scratch_, dy_;
};

INSTANTIATE_TEST_SUITE_P(Table, LayerContract, testing::ValuesIn(LayerTable()), EntryName());

TEST_P(LayerContract, BackwardInputIsTheSlope) {
  Loss();
  ExpectSlopes(x_, BackwardInput(At()));
}

TEST_P(LayerContract, AddGradientAddsTheSlope) {
  Loss();
  std::vector<float> sum(parameters_.size(), 3.0f);
  layer_->AddGradient(At(), -0.5f, dy_, sum);
  for (float& value : sum) value = (value - 3.0f) / -0.5f;
  ExpectSlopes(parameters_, sum);
}

// The memory plan overwrites what the backward pass does not need.
TEST_P(LayerContract, LooksAtNothingItDoesNotNeed) {
  const auto gradients = [this](float fill) {
    Loss();
    LayerValues at = At();
    const std::vector<float> no_x(x_.size(), fill);
    std::vector<float> no_y(y_.size(), fill);
    if (!layer_->needs_input()) at.x = no_x;
    if (!layer_->needs_output()) at.y = no_y;
    std::vector<float> gradient(parameters_.size(), 0.0f);
    layer_->AddGradient(at, 1.0f, dy_, gradient);
    const std::vector<float> dx = BackwardInput(at);
    gradient.insert(gradient.end(), dx.begin(), dx.end());
    return gradient;
  };
  EXPECT_EQ(gradients(1.0f), gradients(-2.0f));
}

TEST_P(LayerContract, SetsAllItsParameters) {
  if (layer_->fan().has_value()) return;  // an initialiser's task, tested with Network
  std::fill(parameters_.begin(), parameters_.end(), std::nanf(""));
  layer_->SetInitial(parameters_);
  for (const float value : parameters_) EXPECT_FALSE(std::isnan(value));
}

// So that a dense layer behind images has the weights that PyTorch gives it.
TEST(Flatten, IsChannelMajor) {
  const auto layer = *FlattenEntry().make({}, {.name = "flatten1", .in = {1, 2, 3}});
  const std::vector<float> x = {0, 10, 20, 1, 11, 21};  // pixel by pixel
  std::vector<float> y(6);
  layer->Forward({{}, x, y, {}}, nullptr);
  EXPECT_EQ(y, (std::vector<float>{0, 1, 10, 11, 20, 21}));
}

class DropoutTest : public testing::Test {
 protected:
  static constexpr std::size_t kFeatures = 100'000;

  std::vector<float> Drop(Rng* rng) {
    std::vector<float> y(kFeatures);
    layer_->Forward({{}, ones_, y, scratch_}, rng);
    return y;
  }
  std::vector<float> Drop(std::uint64_t seed, std::uint32_t round, std::uint32_t client) {
    Rng rng(seed, RngPurpose::kDropoutMask, round, client);
    return Drop(&rng);
  }

  const std::unique_ptr<Layer> layer_ =
      *DropoutEntry().make({"dropout", {{"rate", 0.25}}}, {.in = {1, 1, kFeatures}});
  const std::vector<float> ones_ = std::vector<float>(kFeatures, 1.0f);
  std::vector<float> scratch_ = std::vector<float>(kFeatures);
};

TEST_F(DropoutTest, LeavesOutTheShareThatRateSays) {
  const std::vector<float> y = Drop(1, 1, 1);
  const double share = static_cast<double>(std::ranges::count(y, 0.0f)) / kFeatures;
  // Five standard deviations of a share of so many draws.
  EXPECT_NEAR(share, 0.25, 5 * std::sqrt(0.25 * 0.75 / kFeatures));
}

TEST_F(DropoutTest, RaisesTheRestSoThatTheMeanStays) {
  const std::vector<float> y = Drop(1, 1, 1);
  EXPECT_EQ(*std::ranges::max_element(y), 1.0f / 0.75f);
}

TEST_F(DropoutTest, OneKeyIsOneMask) { EXPECT_EQ(Drop(1, 2, 3), Drop(1, 2, 3)); }

TEST_F(DropoutTest, EveryPartOfTheKeyCounts) {
  EXPECT_NE(Drop(1, 2, 3), Drop(9, 2, 3));
  EXPECT_NE(Drop(1, 2, 3), Drop(1, 9, 3));
  EXPECT_NE(Drop(1, 2, 3), Drop(1, 2, 9));
}

TEST_F(DropoutTest, PassesEverythingOnInAnEvaluation) { EXPECT_EQ(Drop(nullptr), ones_); }

}  // namespace
}  // namespace fedround::nn
