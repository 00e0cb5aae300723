// Reproducible values for tests of kernels and networks.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "common/base/rng.h"

namespace fedround {

// `count` numbers in [-1, 1) that are the same in float and in double.
inline std::vector<float> RandomValues(std::size_t count, std::uint64_t seed) {
  Rng rng(seed, RngPurpose::kSyntheticData);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(2.0 * rng.NextDouble() - 1.0);
  return values;
}

inline std::vector<std::uint32_t> RandomLabels(std::size_t count, std::size_t classes,
                                               std::uint64_t seed) {
  Rng rng(seed, RngPurpose::kSyntheticData, 1);
  std::vector<std::uint32_t> labels(count);
  for (std::uint32_t& label : labels) label = rng.Below(static_cast<std::uint32_t>(classes));
  return labels;
}

inline std::vector<double> ToDouble(std::span<const float> values) {
  return {values.begin(), values.end()};
}

// The largest |a[i] - b[i]|; infinite if the sizes differ or anything is not finite.
inline double LargestDifference(std::span<const float> a, std::span<const double> b) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (a.size() != b.size()) return kInfinity;
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = std::fabs(static_cast<double>(a[i]) - b[i]);
    if (!std::isfinite(difference)) return kInfinity;
    largest = std::max(largest, difference);
  }
  return largest;
}

}  // namespace fedround
