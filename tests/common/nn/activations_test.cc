// Contract of every entry of the activation table: listed is tested.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numbers>
#include <string>
#include <vector>

#include "common/base/plug_in.h"
#include "common/nn/activations/table.h"
#include "tests/common/kernels/random_values.h"

namespace fedround::nn {
namespace {

constexpr double kTolerance = 2e-6;

class ActivationContract : public testing::TestWithParam<ActivationEntry> {
 protected:
  ActivationContract() : activation_(GetParam().make(*ResolvePlugIn({}, GetParam().info))) {}

  std::vector<float> Forward(const std::vector<float>& z) const {
    std::vector<float> a(z.size());
    activation_->Forward(z, a);
    return a;
  }
  bool KeepsInput() const { return activation_->keeps() == Activation::Keeps::kInput; }

  std::unique_ptr<Activation> activation_;
};

INSTANTIATE_TEST_SUITE_P(Table, ActivationContract, testing::ValuesIn(ActivationTable()),
                         [](const auto& parameter) {
                           return std::string(parameter.param.info.name);
                         });

// An odd number of points around 0, where activations bend, and a few far out. No point is a kink.
std::vector<float> Points() {
  std::vector<float> points;
  for (int i = -2400; i < 2400; ++i) points.push_back((static_cast<float>(i) + 0.37f) / 200.0f);
  for (const float size : {1e-20f, 1e-6f, 30.0f, 1e4f}) {
    points.push_back(size);
    points.push_back(-size);
  }
  points.push_back(0.5f);
  return points;
}

TEST_P(ActivationContract, ForwardIsAccurate) {
  const std::vector<float> z = Points();
  const std::vector<float> a = Forward(z);
  for (std::size_t i = 0; i < z.size(); ++i) {
    const double exact = activation_->Value(static_cast<double>(z[i]));
    ASSERT_NEAR(static_cast<double>(a[i]), exact, kTolerance * std::max(1.0, std::fabs(exact)))
        << "z = " << z[i];
  }
}

TEST_P(ActivationContract, ForwardInPlaceGivesTheSame) {
  std::vector<float> z = Points();
  const std::vector<float> apart = Forward(z);
  activation_->Forward(z, z);
  EXPECT_EQ(z, apart);
}

TEST_P(ActivationContract, BackwardIsAccurate) {
  const std::vector<float> z = Points();
  const std::vector<float> a = Forward(z);
  std::vector<float> gradient(z.size(), -3.0f);
  activation_->Backward(KeepsInput() ? z : a, gradient);
  for (std::size_t i = 0; i < z.size(); ++i) {
    const double exact = -3.0 * activation_->Derivative(static_cast<double>(z[i]));
    ASSERT_NEAR(static_cast<double>(gradient[i]), exact, 3.0 * kTolerance) << "z = " << z[i];
  }
}

TEST_P(ActivationContract, ForwardPassesNan) {
  EXPECT_TRUE(std::isnan(Forward({std::numeric_limits<float>::quiet_NaN()})[0]));
}

TEST_P(ActivationContract, DerivativeIsTheSlopeOfValue) {
  constexpr double kStep = 1e-5;
  for (int i = -800; i <= 800; ++i) {
    const double z = i / 100.0;
    const auto is_near = [z](double kink) { return std::fabs(z - kink) <= kStep; };
    if (std::ranges::any_of(activation_->kinks(), is_near)) continue;
    const double slope =
        (activation_->Value(z + kStep) - activation_->Value(z - kStep)) / (2 * kStep);
    ASSERT_NEAR(activation_->Derivative(z), slope, 1e-9) << "z = " << z;
  }
}

TEST_P(ActivationContract, DerivativeJumpsAtKinks) {
  for (const double kink : activation_->kinks()) {
    EXPECT_GT(
        std::fabs(activation_->Derivative(kink + 1e-9) - activation_->Derivative(kink - 1e-9)),
        1e-3)
        << kink;
  }
}

TEST_P(ActivationContract, HasASummary) { EXPECT_FALSE(GetParam().info.summary.empty()); }

TEST(ActivationTable, IsInAlphabeticalOrder) {
  EXPECT_TRUE(std::ranges::is_sorted(ActivationTable(), {},
                                     [](const ActivationEntry& entry) { return entry.info.name; }));
}

std::unique_ptr<Activation> Make(ActivationEntry entry) { return entry.make({}); }

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

TEST(Gelu, GainKeepsTheSecondMoment) {
  EXPECT_NEAR(Make(GeluEntry())->gain(), SecondMomentGain(*Make(GeluEntry())), 1e-9);
}

TEST(Relu, GainKeepsTheSecondMoment) {
  EXPECT_NEAR(Make(ReluEntry())->gain(), SecondMomentGain(*Make(ReluEntry())), 1e-6);
}

TEST(Identity, GainKeepsTheSecondMoment) {
  EXPECT_NEAR(Make(IdentityEntry())->gain(), SecondMomentGain(*Make(IdentityEntry())), 1e-9);
}

TEST(Tanh, GainIsTheCustomaryOne) { EXPECT_EQ(Make(TanhEntry())->gain(), 5.0 / 3.0); }

TEST(Sigmoid, GainIsTheCustomaryOne) { EXPECT_EQ(Make(SigmoidEntry())->gain(), 1.0); }

// A gradient that ran away must not become NaN where the unit is off.
TEST(Relu, BlocksInfiniteGradientWhereOff) {
  std::vector<float> gradient = {std::numeric_limits<float>::infinity()};
  Make(ReluEntry())->Backward(std::vector<float>{0.0f}, gradient);
  EXPECT_EQ(gradient[0], 0.0f);
}

}  // namespace
}  // namespace fedround::nn
