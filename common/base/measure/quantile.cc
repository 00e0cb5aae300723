#include "common/base/measure/quantile.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "common/base/check.h"

namespace fedround {

double Quantile(std::vector<double> values, double q) {
  std::ranges::sort(values);
  return QuantileOfSorted(values, q);
}

double QuantileOfSorted(std::span<const double> values, double q) {
  CHECK(q >= 0 && q <= 1);
  if (values.empty()) return 0;
  const double position = q * static_cast<double>(values.size() - 1);
  const auto lower = static_cast<std::size_t>(std::floor(position));
  const double share = position - std::floor(position);
  if (share == 0) return values[lower];
  return values[lower] + share * (values[lower + 1] - values[lower]);
}

}  // namespace fedround
