#include "common/kernels/dense.h"

#include "common/base/check.h"
#include "common/kernels/level.h"

namespace fedround::kernels {

void DenseForward(const DenseShape& shape, std::span<const float> x, std::span<const float> w,
                  std::span<const float> b, std::span<float> z, ZeroInputs zeros) {
  CHECK(x.size() == shape.batch * shape.in && z.size() == shape.batch * shape.out);
  CHECK(w.size() == shape.out * shape.in && b.size() == shape.out);
  FEDROUND_KERNELS(kDense).forward(shape, zeros == ZeroInputs::kSkip, x.data(), w.data(), b.data(),
                                   z.data());
}

void DenseBackwardInput(const DenseShape& shape, std::span<const float> dz,
                        std::span<const float> w, std::span<float> dx) {
  CHECK(dx.size() == shape.batch * shape.in && dz.size() == shape.batch * shape.out);
  CHECK(w.size() == shape.out * shape.in);
  FEDROUND_KERNELS(kDense).backward_input(shape, dz.data(), w.data(), dx.data());
}

void DenseAddGradient(const DenseShape& shape, float scale, std::span<const float> x,
                      std::span<const float> dz, std::span<float> w, std::span<float> b,
                      ZeroInputs zeros) {
  CHECK(x.size() == shape.batch * shape.in && dz.size() == shape.batch * shape.out);
  CHECK(w.size() == shape.out * shape.in && b.size() == shape.out);
  FEDROUND_KERNELS(kDense).add_gradient(shape, zeros == ZeroInputs::kSkip, scale, x.data(),
                                        dz.data(), w.data(), b.data());
}

}  // namespace fedround::kernels
