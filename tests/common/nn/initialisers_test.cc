#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/plug_in_table.h"
#include "common/nn/initialisers/table.h"

namespace fedround::nn {
namespace {

constexpr std::size_t kFanIn = 400;
constexpr std::size_t kFanOut = 300;

struct Filled {
  std::vector<float> weight;
  std::vector<float> bias;
};

Filled Fill(const PlugIn& initialiser) {
  constexpr float kUnset = std::numeric_limits<float>::quiet_NaN();
  Filled filled{std::vector<float>(kFanIn * kFanOut, kUnset), std::vector<float>(kFanOut, kUnset)};
  const auto entry = ResolveEntry("init", "initialiser", initialiser, InitialiserTable());
  EXPECT_TRUE(entry.ok()) << entry.status();
  FreshLayer layer{.fan_in = kFanIn,
                   .fan_out = kFanOut,
                   .gain = 2.0,
                   .weight = filled.weight,
                   .bias = filled.bias,
                   .weight_rng = Rng(1, RngPurpose::kInitialWeights, 0, 0),
                   .bias_rng = Rng(1, RngPurpose::kInitialWeights, 0, 1)};
  entry->entry->fill(entry->options, layer);
  return filled;
}

double Mean(const std::vector<float>& values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value);
  return sum / static_cast<double>(values.size());
}

double Deviation(const std::vector<float>& values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value) * static_cast<double>(value);
  return std::sqrt(sum / static_cast<double>(values.size()));
}

// What to do about an entry that is not as it says.
std::string Or(const InitialiserEntry& entry, const char* otherwise) {
  return absl::StrCat(entry.info.name, ": or write ", otherwise,
                      " in its InitialiserEntry, see common/nn/initialiser.h");
}

TEST(EveryInitialiser, FillsWeightAndBias) {
  for (const InitialiserEntry& entry : InitialiserTable()) {
    const Filled filled = Fill({std::string(entry.info.name), {}});
    EXPECT_TRUE(std::isfinite(Deviation(filled.weight))) << entry.info.name << " left some";
    EXPECT_TRUE(std::isfinite(Deviation(filled.bias))) << entry.info.name << " left some";
    EXPECT_GT(Deviation(filled.weight), 0) << entry.info.name << " sets every weight to 0";
  }
}

TEST(EveryInitialiser, IsCentredIfItIsSaidToBe) {
  for (const InitialiserEntry& entry : InitialiserTable()) {
    if (!entry.is_centred) continue;
    const Filled filled = Fill({std::string(entry.info.name), {}});
    for (const auto* values : {&filled.weight, &filled.bias}) {
      // Four standard errors.
      const double error = 4 * Deviation(*values) / std::sqrt(static_cast<double>(values->size()));
      EXPECT_LE(std::abs(Mean(*values)), error) << Or(entry, ".is_centred = false");
    }
  }
}

TEST(EveryInitialiser, StartsBiasesAtZeroIfItIsSaidTo) {
  for (const InitialiserEntry& entry : InitialiserTable()) {
    EXPECT_EQ(Deviation(Fill({std::string(entry.info.name), {}}).bias) == 0,
              entry.starts_biases_at_0)
        << Or(entry, entry.starts_biases_at_0 ? ".starts_biases_at_0 = false"
                                              : ".starts_biases_at_0 = true");
  }
}

// The standard error of a deviation of n normal draws is 1 / sqrt(2 n) of it: 0.2 % here.
TEST(Lecun, DeviationIsOneOverRootOfInputsWhateverTheGain) {
  EXPECT_NEAR(Deviation(Fill({"lecun", {}}).weight), 0.05, 0.0004);
}

TEST(Normal, DeviationIsSigma) {
  EXPECT_NEAR(Deviation(Fill({"normal", {}}).weight), 0.1, 0.0008);
  EXPECT_NEAR(Deviation(Fill({"normal", {{"sigma", 3.0}}}).weight), 3.0, 0.024);
}

TEST(Pytorch, IsUniformUpToOneOverRootOfInputs) {
  const Filled filled = Fill({"pytorch", {}});
  for (const auto* values : {&filled.weight, &filled.bias}) {
    const auto [least, most] = std::ranges::minmax(*values);
    EXPECT_GE(least, -0.05f);
    EXPECT_LE(most, 0.05f);
    EXPECT_LT(least, -0.049f);
    EXPECT_GT(most, 0.049f);
    EXPECT_NEAR(Deviation(*values), 0.05 / std::sqrt(3.0), 0.002);
  }
}

}  // namespace
}  // namespace fedround::nn
