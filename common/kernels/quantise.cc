#include "common/kernels/quantise.h"

#include <bit>
#include <cmath>

namespace fedround::kernels {
namespace {

constexpr double kShift = 0x1.8p52;
constexpr std::int64_t kShiftBits = std::bit_cast<std::int64_t>(kShift);

inline std::int64_t QuantiseInline(float x, double scale) {
  return std::bit_cast<std::int64_t>(static_cast<double>(x) * scale + kShift) - kShiftBits;
}

// One pass with a compile-time number of updates, so that the compiler keeps all streams in
// registers.
template <std::size_t kUpdates>
void AddPass(const WeightedSpan* updates, double scale, std::int64_t* sum, std::size_t size) {
  const float* values[kUpdates];
  std::int64_t weights[kUpdates];
  for (std::size_t k = 0; k < kUpdates; ++k) {
    values[k] = updates[k].values;
    weights[k] = updates[k].weight;
  }
  for (std::size_t i = 0; i < size; ++i) {
    std::int64_t total = 0;
    for (std::size_t k = 0; k < kUpdates; ++k)
      total += weights[k] * QuantiseInline(values[k][i], scale);
    sum[i] += total;
  }
}

}  // namespace

bool AllWithin(std::span<const float> values, float limit) {
  // Without the sign bit, floats order like integers and NaN and infinity lie above every finite
  // value.
  const auto largest = std::bit_cast<std::int32_t>(limit);
  std::int32_t beyond = 0;
  for (const float value : values) {
    beyond |= largest - (std::bit_cast<std::int32_t>(value) & 0x7fffffff);
  }
  return beyond >= 0;
}

std::int64_t Quantise(float x, double scale) { return QuantiseInline(x, scale); }

void AddQuantised(std::span<const WeightedSpan> updates, double scale,
                  std::span<std::int64_t> sum) {
  while (updates.size() >= 4) {
    AddPass<4>(updates.data(), scale, sum.data(), sum.size());
    updates = updates.subspan(4);
  }
  switch (updates.size()) {
    case 3:
      return AddPass<3>(updates.data(), scale, sum.data(), sum.size());
    case 2:
      return AddPass<2>(updates.data(), scale, sum.data(), sum.size());
    case 1:
      return AddPass<1>(updates.data(), scale, sum.data(), sum.size());
    default:
      return;
  }
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
  for (std::size_t i = 0; i < sum.size(); ++i) {
    mean[i] = static_cast<float>(static_cast<double>(sum[i]) / divisor);
  }
}

}  // namespace fedround::kernels
