#include "common/kernels/max_pool.h"

#include "common/base/check.h"
#include "common/kernels/level.h"

namespace fedround::kernels {
namespace {

void CheckSizes(const PoolShape& s, std::size_t x, std::size_t y) {
  CHECK(x == s.batch * s.height * s.width * s.channels);
  CHECK(y == s.batch * s.out_height() * s.out_width() * s.channels);
}

}  // namespace

void MaxPoolForward(const PoolShape& shape, std::span<const float> x, std::span<float> y) {
  CheckSizes(shape, x.size(), y.size());
  FEDROUND_KERNELS(kMaxPool).forward(shape, x.data(), y.data());
}

void MaxPoolBackward(const PoolShape& shape, std::span<const float> x, std::span<const float> y,
                     std::span<const float> dy, std::span<float> dx) {
  CheckSizes(shape, x.size(), y.size());
  CheckSizes(shape, dx.size(), dy.size());
  FEDROUND_KERNELS(kMaxPool).backward(shape, x.data(), y.data(), dy.data(), dx.data());
}

}  // namespace fedround::kernels
