#include "common/kernels/conv.h"

#include "common/base/check.h"
#include "common/kernels/level.h"

namespace fedround::kernels {
namespace {

std::size_t InputSize(const ConvShape& s) { return s.batch * s.height * s.width * s.in; }
std::size_t OutputSize(const ConvShape& s) {
  return s.batch * s.out_height() * s.out_width() * s.out;
}
std::size_t WeightSize(const ConvShape& s) { return s.out * s.in * s.kernel * s.kernel; }

}  // namespace

std::size_t ConvScratchFloats(const ConvShape& shape) {
  return FEDROUND_KERNELS(kConv).scratch_floats(shape);
}

void ConvForward(const ConvShape& shape, std::span<const float> x, std::span<const float> w,
                 std::span<const float> b, std::span<float> z, std::span<float> scratch) {
  CHECK(x.size() == InputSize(shape) && z.size() == OutputSize(shape));
  CHECK(w.size() == WeightSize(shape) && b.size() == shape.out);
  CHECK(scratch.size() >= ConvScratchFloats(shape));
  FEDROUND_KERNELS(kConv).forward(shape, x.data(), w.data(), b.data(), z.data(), scratch.data());
}

void ConvBackwardInput(const ConvShape& shape, std::span<const float> dz, std::span<const float> w,
                       std::span<float> dx, std::span<float> scratch) {
  CHECK(dx.size() == InputSize(shape) && dz.size() == OutputSize(shape));
  CHECK(w.size() == WeightSize(shape) && scratch.size() >= ConvScratchFloats(shape));
  FEDROUND_KERNELS(kConv).backward_input(shape, dz.data(), w.data(), dx.data(), scratch.data());
}

void ConvAddGradient(const ConvShape& shape, float scale, std::span<const float> x,
                     std::span<const float> dz, std::span<float> w, std::span<float> b,
                     std::span<float> scratch) {
  CHECK(x.size() == InputSize(shape) && dz.size() == OutputSize(shape));
  CHECK(w.size() == WeightSize(shape) && b.size() == shape.out);
  CHECK(scratch.size() >= ConvScratchFloats(shape));
  FEDROUND_KERNELS(kConv).add_gradient(shape, scale, x.data(), dz.data(), w.data(), b.data(),
                                       scratch.data());
}

}  // namespace fedround::kernels
