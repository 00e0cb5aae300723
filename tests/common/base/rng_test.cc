#include "common/base/rng.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace fedround {
namespace {

using Block = std::array<std::uint32_t, 4>;

// The known answers of the authors' library, Random123 (kat_vectors, philox4x32 10).
TEST(Philox, MeetsTheKnownAnswers) {
  EXPECT_EQ(Philox4x32({0, 0, 0, 0}, {0, 0}),
            (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(Philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(Philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Rng, EveryKeyFieldGivesAnotherStream) {
  const std::uint32_t first = Rng(1, RngPurpose::kCohort, 2, 3).NextUint32();
  EXPECT_NE(Rng(2, RngPurpose::kCohort, 2, 3).NextUint32(), first);
  EXPECT_NE(Rng(1, RngPurpose::kDropout, 2, 3).NextUint32(), first);
  EXPECT_NE(Rng(1, RngPurpose::kCohort, 4, 3).NextUint32(), first);
  EXPECT_NE(Rng(1, RngPurpose::kCohort, 2, 4).NextUint32(), first);
  EXPECT_NE(Rng(1 + (std::uint64_t{1} << 32), RngPurpose::kCohort, 2, 3).NextUint32(), first);
}

TEST(Rng, BelowIsUniform) {
  Rng rng(1, RngPurpose::kPartition);
  std::vector<int> counts(6);
  for (int i = 0; i < 60000; ++i) ++counts[rng.Below(6)];
  double chi_squared = 0;
  for (const int count : counts) chi_squared += (count - 10000.0) * (count - 10000.0) / 10000.0;
  EXPECT_LT(chi_squared, 20.5);  // 99.9 % of chi^2 with 5 degrees of freedom
}

TEST(Rng, NormalHasItsMoments) {
  Rng rng(3, RngPurpose::kInitialWeights);
  constexpr int kDraws = 200000;
  double sum = 0, squares = 0, fourth = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = rng.NextNormal();
    sum += x;
    squares += x * x;
    fourth += x * x * x * x;
  }
  EXPECT_NEAR(sum / kDraws, 0, 0.01);
  EXPECT_NEAR(squares / kDraws, 1, 0.015);
  EXPECT_NEAR(fourth / kDraws, 3, 0.1);
}

TEST(Rng, GammaHasItsMeanAndVariance) {
  for (const double shape : {0.1, 0.5, 1.0, 4.0}) {
    Rng rng(5, RngPurpose::kPartition);
    constexpr int kDraws = 100000;
    double sum = 0, squares = 0;
    for (int i = 0; i < kDraws; ++i) {
      const double x = std::exp(rng.NextLogGamma(shape));
      sum += x;
      squares += x * x;
    }
    const double mean = sum / kDraws;
    EXPECT_NEAR(mean / shape, 1, 0.04) << shape;
    EXPECT_NEAR((squares / kDraws - mean * mean) / shape, 1, 0.08) << shape;
  }
}

// The continued fraction of the incomplete beta function (Numerical Recipes, section 6.4).
double BetaFraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  const auto away_from_zero = [](double value) { return std::fabs(value) < kTiny ? kTiny : value; };
  double c = 1;
  double d = 1 / away_from_zero(1 - (a + b) * x / (a + 1));
  double fraction = d;
  for (int m = 1; m < 1000; ++m) {
    const double terms[] = {m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))};
    double step = 1;
    for (const double term : terms) {
      d = 1 / away_from_zero(1 + term * d);
      c = away_from_zero(1 + term / c);
      step = c * d;
      fraction *= step;
    }
    if (std::fabs(step - 1) < 1e-14) break;
  }
  return fraction;
}

// The chance that log(q / (1 - q)) <= `logit`, where q is Beta(a, b). In logarithms: where a is
// small, most of q's mass lies below the smallest double.
double BetaChance(double logit, double a, double b) {
  if (logit > std::log(a / b)) return 1 - BetaChance(-logit, b, a);
  const double log_q =
      logit < 0 ? logit - std::log1p(std::exp(logit)) : -std::log1p(std::exp(-logit));
  const double log_1_q = log_q - logit;
  const double log_density =
      a * log_q + b * log_1_q + std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b);
  return std::exp(log_density) * BetaFraction(a, b, std::exp(log_q)) / a;
}

// Where BetaChance reaches `chance`.
double BetaQuantile(double chance, double a, double b) {
  double low = -1e7;
  double high = 1e7;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (BetaChance(middle, a, b) < chance ? low : high) = middle;
  }
  return low;
}

// One of `classes` shares of Dirichlet(alpha, ..., alpha), as a logit.
double DrawLogit(Rng& rng, double alpha, int classes) {
  const double own = rng.NextLogGamma(alpha);
  std::vector<double> others;
  for (int i = 1; i < classes; ++i) others.push_back(rng.NextLogGamma(alpha));
  const double largest = *std::max_element(others.begin(), others.end());
  double sum = 0;
  for (const double other : others) sum += std::exp(other - largest);
  return own - largest - std::log(sum);
}

TEST(Rng, LogGammasMakeDirichletSharesOfTheBetaLaw) {
  constexpr int kDraws = 16'000;
  constexpr int kBins = 16;  // equally likely
  for (const int classes : {2, 10}) {
    for (const double alpha : {1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0, 1e3, 1e4}) {
      std::vector<double> edges;
      for (int bin = 1; bin < kBins; ++bin) {
        edges.push_back(BetaQuantile(bin / double{kBins}, alpha, (classes - 1) * alpha));
      }
      Rng rng(7, RngPurpose::kPartition);
      std::vector<int> counts(kBins);
      for (int i = 0; i < kDraws; ++i) {
        const double logit = DrawLogit(rng, alpha, classes);
        const auto bin = std::upper_bound(edges.begin(), edges.end(), logit) - edges.begin();
        ++counts[static_cast<std::size_t>(bin)];
      }
      double chi_squared = 0;
      for (const int count : counts) {
        constexpr double kExpected = double{kDraws} / kBins;
        chi_squared += (count - kExpected) * (count - kExpected) / kExpected;
      }
      // 99.9 % of chi^2 with 15 degrees of freedom
      EXPECT_LT(chi_squared, 37.7) << "alpha " << alpha << ", " << classes << " classes";
    }
  }
}

TEST(Shuffle, IsAPermutation) {
  std::vector<std::uint32_t> values(1000);
  std::iota(values.begin(), values.end(), 0U);
  Rng rng(1, RngPurpose::kBatchOrder);
  Shuffle(values, rng);
  EXPECT_FALSE(std::is_sorted(values.begin(), values.end()));
  std::sort(values.begin(), values.end());
  for (std::uint32_t i = 0; i < values.size(); ++i) ASSERT_EQ(values[i], i);
}

}  // namespace
}  // namespace fedround
