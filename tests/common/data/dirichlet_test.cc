// Dirichlet deals against the distribution that they claim to have, for concentrations from one
// class per client to even mixtures.
#include <gmock/gmock.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/data/dataset.h"
#include "tests/common/data/data_files.h"

namespace fedround::data {
namespace {

constexpr double kAlphas[] = {1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 1e3, 1e4};

class DirichletDeals : public DatasetTest {
 protected:
  // As many examples of each class.
  Dataset Balanced(std::uint32_t classes, std::uint32_t per_class) const {
    const std::uint32_t examples = classes * per_class;
    std::string labels;
    for (std::uint32_t i = 0; i < examples; ++i) labels += static_cast<char>(i % classes);
    WriteAll(folder_.File("data.npz"),
             ZipFile({{"x_train.npy", NpyFile("|u1", {examples, 1}, labels)},
                      {"y_train.npy", NpyFile("|u1", {examples}, labels)},
                      {"x_test.npy", NpyFile("|u1", {1, 1}, "a")},
                      {"y_test.npy", NpyFile("|u1", {1}, "\1")}}));
    auto dataset = Dataset::Open({"npz", {{"path", folder_.File("data.npz")}}}, 1, 0);
    EXPECT_TRUE(dataset.ok()) << dataset.status();
    return *std::move(dataset);
  }
};

struct Clients {
  std::uint32_t count = 0;
  std::uint32_t examples = 0;  // of each
};

// Of how many examples with label 0 how many clients have.
std::vector<std::uint32_t> ClientsByZeros(const Dataset& dataset, double alpha,
                                          const Clients& clients, std::uint64_t seed) {
  const auto deal = DealExamples(dataset, {.partition = {"dirichlet", {{"alpha", alpha}}},
                                           .clients = clients.count,
                                           .examples_per_client = clients.examples,
                                           .seed = seed});
  EXPECT_TRUE(deal.ok()) << deal.status();
  std::vector<std::uint32_t> by_zeros(clients.examples + 1);
  if (!deal.ok()) return by_zeros;
  for (std::uint32_t client = 0; client < clients.count; ++client) {
    std::uint32_t zeros = 0;
    for (const std::uint32_t row : deal->shard(client)) {
      if (dataset.labels(Split::kTrain)[row] == 0) ++zeros;
    }
    ++by_zeros[zeros];
  }
  return by_zeros;
}

double LogBeta(double a, double b) { return std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b); }

// The chance of `k` draws of `n` from a class whose share is Beta(a, b): the beta-binomial law.
double ChanceOf(std::uint32_t k, std::uint32_t n, double a, double b) {
  const double choices = -std::log(n + 1.0) - LogBeta(n - k + 1.0, k + 1.0);
  return std::exp(choices + LogBeta(k + a, n - k + b) - LogBeta(a, b));
}

struct ChiSquare {
  double statistic = 0;
  int degrees = 0;
};

// Neighbours are merged until 5 are expected.
ChiSquare Compare(const std::vector<std::uint32_t>& observed, const std::vector<double>& expected) {
  ChiSquare result;
  double seen = 0;
  double wanted = 0;
  double left = 0;
  for (const double clients : expected) left += clients;
  for (std::size_t k = 0; k < observed.size(); ++k) {
    seen += observed[k];
    wanted += expected[k];
    left -= expected[k];
    if (k + 1 < observed.size() && (wanted < 5 || left < 5)) continue;
    result.statistic += (seen - wanted) * (seen - wanted) / wanted;
    ++result.degrees;
    seen = wanted = 0;
  }
  --result.degrees;
  return result;
}

// About the 99.9th percentile of the chi-square distribution (Wilson and Hilferty 1931).
double MostLikely(int degrees) {
  const double spread = 2.0 / (9.0 * degrees);
  return degrees * std::pow(1 - spread + 3.09 * std::sqrt(spread), 3);
}

TEST_F(DirichletDeals, FollowTheBetaLawAtEveryAlpha) {
  // Few enough that no class is used up.
  constexpr Clients kClients{.count = 2000, .examples = 10};
  for (const std::uint32_t classes : {2U, 10U}) {
    const Dataset dataset = Balanced(classes, 40'000 / classes);
    for (const double alpha : kAlphas) {
      std::vector<double> expected;
      for (std::uint32_t k = 0; k <= kClients.examples; ++k) {
        expected.push_back(kClients.count *
                           ChanceOf(k, kClients.examples, alpha, (classes - 1) * alpha));
      }
      const ChiSquare fit = Compare(ClientsByZeros(dataset, alpha, kClients, 1), expected);
      ASSERT_GE(fit.degrees, 1) << alpha;
      EXPECT_LT(fit.statistic, MostLikely(fit.degrees))
          << "alpha " << alpha << ", " << classes << " classes, " << fit.degrees << " degrees";
    }
  }
}

TEST_F(DirichletDeals, OfTinyAlphasMixFewClients) {
  // At 0.001 and 0.002 the Gamma variates of both classes of many clients are below the smallest
  // double.
  const Dataset dataset = Balanced(2, 20'000);
  constexpr Clients kClients{.count = 400, .examples = 20};
  constexpr int kSeeds = 10;
  for (const double alpha : {0.001, 0.002}) {
    double mixed = 0;
    for (int seed = 0; seed < kSeeds; ++seed) {
      const auto by_zeros =
          ClientsByZeros(dataset, alpha, kClients, static_cast<std::uint64_t>(seed));
      mixed += kClients.count - by_zeros.front() - by_zeros.back();
    }
    const double share = 1 - 2 * ChanceOf(0, kClients.examples, alpha, alpha);
    const double clients = kSeeds * kClients.count;
    EXPECT_NEAR(mixed / clients, share, 3.3 * std::sqrt(share / clients)) << alpha;
  }
}

TEST_F(DirichletDeals, OfTinyAlphasAreOfOneClassThoughOthersAreUsedUp) {
  // Each client takes a whole class: the one it prefers of those that are left.
  const Dataset dataset = Balanced(10, 100);
  const auto deal = DealExamples(
      dataset, {.partition = {"dirichlet", {{"alpha", 1e-4}}}, .clients = 10, .seed = 1});
  ASSERT_TRUE(deal.ok()) << deal.status();
  for (std::uint32_t client = 0; client < 10; ++client) {
    const std::uint32_t label = dataset.labels(Split::kTrain)[deal->shard(client).front()];
    for (const std::uint32_t row : deal->shard(client)) {
      ASSERT_EQ(dataset.labels(Split::kTrain)[row], label) << client;
    }
  }
}

}  // namespace
}  // namespace fedround::data
