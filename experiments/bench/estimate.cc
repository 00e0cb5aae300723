#include "experiments/bench/estimate.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>

#include "common/base/check.h"
#include "common/base/measure/quantile.h"

namespace fedround::bench {
namespace {

constexpr double kOutsideOneEnd = 0.025;

// How many values may be cut off at each end: the largest k with P(Binomial(n, 1/2) < k) <= 2.5 %.
// The probabilities are computed from logarithms: 2^-n is 0 in a double from n = 1075 on.
std::size_t CutOff(std::size_t n) {
  const auto log_choose = [n](std::size_t k) {
    const auto count = static_cast<double>(n);
    const auto chosen = static_cast<double>(k);
    return std::lgamma(count + 1) - std::lgamma(chosen + 1) - std::lgamma(count - chosen + 1);
  };
  double below = 0;
  std::size_t k = 0;
  while (k < n / 2) {
    below += std::exp(log_choose(k) - static_cast<double>(n) * std::numbers::ln2);
    if (below > kOutsideOneEnd) break;
    ++k;
  }
  return k;
}

}  // namespace

Estimate EstimateMedian(std::vector<double> values) {
  CHECK(!values.empty());
  std::ranges::sort(values);
  const std::size_t n = values.size();
  // P(fewer than k below) <= 2.5 % lets the k-th smallest value, counted from 1, be the lower end.
  const std::size_t k = std::max<std::size_t>(CutOff(n), 1);
  return {.median = QuantileOfSorted(values, 0.5), .low = values[k - 1], .high = values[n - k]};
}

}  // namespace fedround::bench
