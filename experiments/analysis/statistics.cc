#include "experiments/analysis/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "common/base/check.h"

namespace fedround::analysis {

double Quantile(std::vector<double> values, double q) {
  CHECK(q >= 0 && q <= 1);
  if (values.empty()) return 0;
  const double position = q * static_cast<double>(values.size() - 1);
  const auto lower = values.begin() + static_cast<std::ptrdiff_t>(std::floor(position));
  std::ranges::nth_element(values, lower);
  const double share = position - std::floor(position);
  if (share == 0) return *lower;
  const double upper = *std::min_element(lower + 1, values.end());
  return *lower + share * (upper - *lower);
}

}  // namespace fedround::analysis
