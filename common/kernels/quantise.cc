#include "common/kernels/quantise.h"

#include <bit>
#include <cmath>

#include "common/base/check.h"
#include "common/kernels/level.h"

namespace fedround::kernels {

bool AllWithin(std::span<const float> values, float limit) {
  return FEDROUND_KERNELS(kQuantise).all_within(values.data(), values.size(), limit);
}

std::int64_t Quantise(float x, double scale) {
  constexpr double kShift = 0x1.8p52;
  return std::bit_cast<std::int64_t>(static_cast<double>(x) * scale + kShift) -
         std::bit_cast<std::int64_t>(kShift);
}

void AddQuantised(std::span<const WeightedSpan> updates, double scale,
                  std::span<std::int64_t> sum) {
  FEDROUND_KERNELS(kQuantise).add_quantised(updates.data(), updates.size(), scale, sum.data(),
                                            sum.size());
}

void AddQuantisedReference(std::span<const WeightedSpan> updates, double scale,
                           std::span<std::int64_t> sum) {
  for (const WeightedSpan& update : updates) {
    for (std::size_t i = 0; i < sum.size(); ++i) {
      sum[i] += update.weight * static_cast<std::int64_t>(
                                    std::nearbyint(static_cast<double>(update.values[i]) * scale));
    }
  }
}

void DivideSums(std::span<const std::int64_t> sum, double divisor, std::span<float> mean) {
  CHECK(sum.size() == mean.size());
  FEDROUND_KERNELS(kQuantise).divide_sums(sum.data(), divisor, mean.data(), mean.size());
}

}  // namespace fedround::kernels
