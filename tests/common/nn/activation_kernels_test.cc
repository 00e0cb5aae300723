// Every kernel of every activation, at every SIMD level of this machine, against the formula in
// double.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/named_enum.h"
#include "common/nn/activations/table.h"
#include "tests/common/nn/make_activation.h"
#include "tests/support/simd_levels.h"

namespace fedround::nn {
namespace {

using kernels::ActivationKernel;

constexpr double kForwardTolerance = 2e-6;   // of max(1, |f|)
constexpr double kBackwardTolerance = 4e-6;  // of max(1, |f'|)
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// Within `tolerance` times max(1, |expected|), and infinite where a float cannot hold `expected`.
bool IsNear(float actual, double expected, double tolerance) {
  const auto rounded = static_cast<float>(expected);
  if (std::isinf(rounded)) return actual == rounded;
  return std::fabs(static_cast<double>(actual) - expected) <=
         tolerance * std::max(1.0, std::fabs(expected));
}

struct KernelCase {
  std::string name;
  std::map<std::string, OptionValue> options;
  ActivationKernel kernel;
};

// Every entry with its defaults, and entries with an option a second time with another value.
std::vector<KernelCase> Cases() {
  std::vector<KernelCase> cases;
  for (const ActivationEntry& entry : ActivationTable()) {
    for (const ActivationKernel kernel : kernels::kActivationKernels) {
      if (!entry.has(kernel)) continue;
      cases.push_back({std::string(entry.info.name), {}, kernel});
      for (const OptionSpec& option : entry.info.options) {
        const double value = std::clamp(0.75, option.min, option.max);
        cases.push_back(
            {std::string(entry.info.name), {{std::string(option.name), value}}, kernel});
      }
    }
  }
  return cases;
}

class ActivationKernels : public testing::TestWithParam<KernelCase> {
 protected:
  ActivationKernels()
      : activation_(ActivationNamed(GetParam().name, GetParam().options, GetParam().kernel)) {}

  std::vector<float> Forward(const std::vector<float>& z) const {
    std::vector<float> a(z.size());
    activation_->Forward(z, a);
    return a;
  }
  // Of a gradient that is -3 everywhere.
  std::vector<float> Backward(const std::vector<float>& z) const {
    const bool keeps_input = activation_->keeps() == Activation::Keeps::kInput;
    const std::vector<float> kept = keeps_input ? z : Forward(z);
    std::vector<float> gradient(z.size(), -3.0f);
    activation_->Backward(kept, gradient);
    return gradient;
  }
  void ExpectAccurate(const std::vector<float>& z) const {
    const std::vector<float> a = Forward(z);
    const std::vector<float> gradient = Backward(z);
    for (std::size_t i = 0; i < z.size(); ++i) {
      const auto at = static_cast<double>(z[i]);
      ASSERT_PRED3(IsNear, a[i], activation_->Value(at), kForwardTolerance) << "f(" << z[i] << ")";
      ASSERT_PRED3(IsNear, gradient[i] / -3.0f, activation_->Derivative(at), kBackwardTolerance)
          << "f'(" << z[i] << ")";
    }
  }
  std::unique_ptr<Activation> activation_;
};

// Those that know NaN and infinities: -ffast-math assumes that there are none.
class StrictActivationKernels : public ActivationKernels {};

std::vector<KernelCase> StrictCases() {
  std::vector<KernelCase> cases = Cases();
  std::erase_if(cases,
                [](const KernelCase& one) { return one.kernel == ActivationKernel::kCompiler; });
  return cases;
}

std::string CaseName(const testing::TestParamInfo<KernelCase>& info) {
  return absl::StrCat(absl::StrReplaceAll(info.param.name, {{"-", "_"}}), "_",
                      info.param.options.empty() ? "" : "option_", NameOf(info.param.kernel));
}

INSTANTIATE_TEST_SUITE_P(Table, ActivationKernels, testing::ValuesIn(Cases()), CaseName);
INSTANTIATE_TEST_SUITE_P(Table, StrictActivationKernels, testing::ValuesIn(StrictCases()),
                         CaseName);

template <typename Test>
void AtEveryLevel(Test test) {
  for (const SimdLevel level : SimdLevelsOfThisMachine()) {
    const ScopedSimdLevel scoped(level);
    SCOPED_TRACE(NameOf(level));
    test();
  }
}

// An odd number of points, none of them a kink.
TEST_P(ActivationKernels, IsAccurate) {
  std::vector<float> z;
  for (int i = -30'000; i <= 30'000; ++i) z.push_back((static_cast<float>(i) + 0.37f) / 1000.0f);
  AtEveryLevel([&] { ExpectAccurate(z); });
}

TEST_P(ActivationKernels, TakesDenormals) {
  AtEveryLevel([&] { ExpectAccurate({1e-45f, -1e-45f, 1e-40f, -1e-40f, 1.2e-38f, -1.2e-38f}); });
}

TEST_P(ActivationKernels, Saturates) {
  std::vector<float> z = {100, -100};
  // The textbook's expressions overflow beyond.
  if (GetParam().kernel == ActivationKernel::kFast) z.insert(z.end(), {1e30f, -1e30f});
  AtEveryLevel([&] { ExpectAccurate(z); });
}

TEST_P(ActivationKernels, InPlaceGivesTheSame) {
  std::vector<float> z;
  for (int i = -100; i <= 100; ++i) z.push_back(static_cast<float>(i) / 10.0f);
  AtEveryLevel([&] {
    std::vector<float> a = z;
    activation_->Forward(a, a);
    EXPECT_EQ(a, Forward(z));
  });
}

TEST_P(ActivationKernels, TouchesAllElementsOfOddSpansAndNoOthers) {
  constexpr float kUntouched = 77.0f;
  std::vector<float> z(136);
  for (std::size_t i = 0; i < z.size(); ++i) z[i] = static_cast<float>(i % 13) * 0.7f - 4.1f;
  AtEveryLevel([&] {
    const std::vector<float> a = Forward(z);
    const std::vector<float> back = Backward(z);
    const bool keeps_input = activation_->keeps() == Activation::Keeps::kInput;
    for (std::size_t size = 0; size <= 129; ++size) {
      const std::size_t start = 1 + size % 5;
      std::vector<float> out(z.size(), kUntouched);
      activation_->Forward(std::span(z).subspan(start, size), std::span(out).subspan(start, size));
      std::vector<float> gradient(z.size(), -3.0f);
      activation_->Backward(std::span(keeps_input ? z : a).subspan(start, size),
                            std::span(gradient).subspan(start, size));
      for (std::size_t i = 0; i < z.size(); ++i) {
        const bool is_inside = i >= start && i < start + size;
        // The rest of a loop that a compiler made may round otherwise than its vectors.
        ASSERT_PRED3(IsNear, out[i], is_inside ? a[i] : kUntouched, is_inside ? 2e-6 : 0) << size;
        ASSERT_PRED3(IsNear, gradient[i], is_inside ? back[i] : -3.0f, is_inside ? 1e-5 : 0)
            << size;
      }
    }
  });
}

TEST_P(StrictActivationKernels, PassesNan) {
  AtEveryLevel([&] {
    // In a vector and in the part of one behind it.
    for (const float value : Forward(std::vector<float>(19, kNan))) {
      EXPECT_TRUE(std::isnan(value));
    }
  });
}

TEST_P(StrictActivationKernels, PassesNanGradients) {
  AtEveryLevel([&] {
    std::vector<float> gradient(19, kNan);
    activation_->Backward(std::vector<float>(19, 0.5f), gradient);
    for (const float value : gradient) EXPECT_TRUE(std::isnan(value));
  });
}

// The formula's limit; z P(z) with P(-inf) = 0, which is NaN to the maths library, is 0.
TEST_P(StrictActivationKernels, TakesInfinities) {
  const bool is_fast = GetParam().kernel == ActivationKernel::kFast;
  AtEveryLevel([&] {
    for (const float z : {kInfinity, -kInfinity}) {
      const auto limit = static_cast<float>(activation_->Value(static_cast<double>(z)));
      const float value = Forward(std::vector<float>(19, z))[18];
      if (std::isinf(limit)) {
        EXPECT_EQ(value, limit) << z;
      } else if (is_fast || !std::isnan(limit)) {
        EXPECT_NEAR(value, std::isnan(limit) ? 0.0f : limit, 2e-6) << z;
      }
      if (!is_fast) continue;
      // Infinite only where the slope is.
      const double slope = activation_->Derivative(static_cast<double>(z));
      EXPECT_EQ(std::isfinite(Backward(std::vector<float>(19, z))[18]), !std::isinf(slope)) << z;
    }
  });
}

// A gradient that ran away must not become NaN where the unit is off.
TEST(Relu, BlocksInfiniteGradientWhereOff) {
  AtEveryLevel([] {
    std::vector<float> gradient = {kInfinity};
    ActivationNamed("relu")->Backward(std::vector<float>{0.0f}, gradient);
    EXPECT_EQ(gradient[0], 0.0f);
  });
}

}  // namespace
}  // namespace fedround::nn
