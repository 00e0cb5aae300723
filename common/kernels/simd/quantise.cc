// The loops of `quantise.h`, which compilers turn into vectors.
#include "common/kernels/simd/kernels.h"

namespace fedround::kernels::FEDROUND_SIMD {
namespace {

constexpr double kShift = 0x1.8p52;
constexpr std::int64_t kShiftBits = __builtin_bit_cast(std::int64_t, kShift);

std::int64_t QuantiseOne(float x, double scale) {
  return __builtin_bit_cast(std::int64_t, static_cast<double>(x) * scale + kShift) - kShiftBits;
}

// One pass with a compile-time number of updates, so that the compiler keeps all streams in
// registers.
template <std::size_t kUpdates>
void AddPass(const WeightedSpan* updates, double scale, std::int64_t* __restrict sum,
             std::size_t size) {
  const float* values[kUpdates];
  std::int64_t weights[kUpdates];
  for (std::size_t k = 0; k < kUpdates; ++k) {
    values[k] = updates[k].values;
    weights[k] = updates[k].weight;
  }
  for (std::size_t i = 0; i < size; ++i) {
    std::int64_t total = 0;
    for (std::size_t k = 0; k < kUpdates; ++k) {
      total += weights[k] * QuantiseOne(values[k][i], scale);
    }
    sum[i] += total;
  }
}

bool AllWithin(const float* values, std::size_t size, float limit) {
  // Without the sign bit, floats order like integers and NaN and infinity lie above every finite
  // value.
  const auto largest = __builtin_bit_cast(std::int32_t, limit);
  std::int32_t beyond = 0;
  for (std::size_t i = 0; i < size; ++i) {
    beyond |= largest - (__builtin_bit_cast(std::int32_t, values[i]) & 0x7fffffff);
  }
  return beyond >= 0;
}

void AddQuantised(const WeightedSpan* updates, std::size_t count, double scale, std::int64_t* sum,
                  std::size_t size) {
  for (; count >= 4; count -= 4, updates += 4) AddPass<4>(updates, scale, sum, size);
  if (count == 3) AddPass<3>(updates, scale, sum, size);
  if (count == 2) AddPass<2>(updates, scale, sum, size);
  if (count == 1) AddPass<1>(updates, scale, sum, size);
}

void DivideSums(const std::int64_t* sum, double divisor, float* mean, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    mean[i] = static_cast<float>(static_cast<double>(sum[i]) / divisor);
  }
}

}  // namespace

const QuantiseKernels kQuantise = {&AllWithin, &AddQuantised, &DivideSums};

}  // namespace fedround::kernels::FEDROUND_SIMD
