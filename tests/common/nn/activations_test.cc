// What every entry of the activation table declares: an entry that is listed is tested.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <numbers>
#include <string>
#include <vector>

#include "common/nn/activations/table.h"
#include "tests/common/nn/make_activation.h"
#include "tests/support/entry_name.h"
#include "tests/support/paths.h"

namespace fedround::nn {
namespace {

class ActivationContract : public testing::TestWithParam<ActivationEntry> {
 protected:
  ActivationContract() : activation_(ActivationNamed(std::string(GetParam().info.name))) {}

  std::unique_ptr<Activation> activation_;
};

INSTANTIATE_TEST_SUITE_P(Table, ActivationContract, testing::ValuesIn(ActivationTable()),
                         EntryName());

TEST_P(ActivationContract, DerivativeIsTheSlopeOfValue) {
  constexpr double kStep = 1e-5;
  for (int i = -800; i <= 800; ++i) {
    const double z = i / 100.0;
    const auto is_near = [z](double kink) { return std::fabs(z - kink) <= kStep; };
    if (std::ranges::any_of(activation_->kinks(), is_near)) continue;
    const double slope =
        (activation_->Value(z + kStep) - activation_->Value(z - kStep)) / (2 * kStep);
    // ELU's second derivative jumps at 0: differences are off by half a step there.
    const double bend = z == 0.0 ? kStep : 0.0;
    ASSERT_NEAR(activation_->Derivative(z), slope, 1e-9 + bend)
        << GetParam().info.name << " at " << z << ": correct Gradient() or Kinks() in its file in "
        << "common/kernels/activations";
  }
}

TEST_P(ActivationContract, DerivativeJumpsAtKinks) {
  for (const double kink : activation_->kinks()) {
    EXPECT_GT(
        std::fabs(activation_->Derivative(kink + 1e-9) - activation_->Derivative(kink - 1e-9)),
        1e-3)
        << GetParam().info.name << ": there is no kink at " << kink << "; leave it out of Kinks()";
  }
}

TEST(Elu, HasAKinkUnlessAlphaIsOne) {
  EXPECT_TRUE(ActivationNamed("elu", {{"alpha", 1.0}})->kinks().empty());
  EXPECT_EQ(ActivationNamed("elu", {{"alpha", 0.5}})->kinks().size(), 1U);
}

TEST_P(ActivationContract, HasAFastKernel) {
  EXPECT_TRUE(GetParam().has(kernels::ActivationKernel::kFast));
}

// 1 / sqrt(E[f(z)^2]) for z ~ N(0, 1), by the trapezoidal rule.
double SecondMomentGain(const Activation& activation) {
  constexpr double kStep = 1e-3;
  double sum = 0;
  for (int i = -12'000; i <= 12'000; ++i) {
    const double z = i * kStep;
    sum += std::pow(activation.Value(z), 2) * std::exp(-0.5 * z * z) * kStep;
  }
  return 1.0 / std::sqrt(sum / std::sqrt(2.0 * std::numbers::pi));
}

TEST_P(ActivationContract, GainKeepsTheSecondMomentUnlessItIsCustomary) {
  if (GetParam().has_customary_gain) return;
  EXPECT_NEAR(activation_->gain(), SecondMomentGain(*activation_), 1e-6)
      << GetParam().info.name << ": correct Gain(), or, if others take this one, write "
      << ".has_customary_gain = true in its file in common/kernels/activations";
}

// Those of calculate_gain.
TEST(CustomaryGains, ArePyTorchs) {
  EXPECT_EQ(ActivationNamed("selu")->gain(), 0.75);
  EXPECT_EQ(ActivationNamed("sigmoid")->gain(), 1.0);
  EXPECT_EQ(ActivationNamed("tanh")->gain(), 5.0 / 3.0);
}

TEST(Elu, GainFollowsAlpha) {
  const auto elu = ActivationNamed("elu", {{"alpha", 2.5}});
  EXPECT_NEAR(elu->gain(), SecondMomentGain(*elu), 1e-6);
}

TEST(LeakyRelu, GainFollowsTheSlope) {
  const auto leaky = ActivationNamed("leaky_relu", {{"slope", 0.3}});
  EXPECT_NEAR(leaky->gain(), SecondMomentGain(*leaky), 1e-6);
}

TEST(MakeActivation, RefusesAKernelThatTheActivationLacks) {
  EXPECT_EQ(
      MakeActivation("model.activation", {"identity", {}}, kernels::ActivationKernel::kCompiler)
          .status()
          .message(),
      "model.activation_kernel = \"compiler\": activation \"identity\" has only fast");
  EXPECT_EQ(MakeActivation("model.activation", {"gelu", {}}, kernels::ActivationKernel::kBranchy)
                .status()
                .message(),
            "model.activation_kernel = \"branchy\": activation \"gelu\" has only fast, compiler, "
            "scalar");
}

// Formulas against PyTorch's, in double, of those that the golden file has. To add one that PyTorch
// has, write a line in CASES of scripts/golden/activations_torch.py and run it as it says.
TEST(ActivationTable, AgreesWithPyTorch) {
  std::ifstream file(FEDROUND_SOURCE_DIR "/tests/golden/activations_torch.json");
  const auto golden = nlohmann::json::parse(file);
  for (const auto& one : golden["cases"]) {
    PlugInOptions options;
    for (const auto& [name, value] : one["options"].items()) options[name] = value.get<double>();
    const auto name = one["activation"].get<std::string>();
    const auto activation = ActivationNamed(name, options);
    for (std::size_t i = 0; i < golden["points"].size(); ++i) {
      const double z = golden["points"][i];
      EXPECT_NEAR(activation->Value(z), one["value"][i].get<double>(), 1e-12) << name << " " << z;
      EXPECT_NEAR(activation->Derivative(z), one["slope"][i].get<double>(), 1e-12)
          << name << " " << z;
    }
  }
}

}  // namespace
}  // namespace fedround::nn
