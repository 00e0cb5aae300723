#include "common/kernels/dense.h"

// The settings below hold for every Eigen product of the program, so this is the one file that
// makes any.
//
// Eigen's packed blocks go on the stack up to this size: a training step must not allocate. Its
// blocking keeps each of the two below 1.5 MiB, and the threads that train have 8 MiB.
#define EIGEN_STACK_ALLOCATION_LIMIT (2 * 1024 * 1024)
#define EIGEN_DONT_PARALLELIZE
// Eigen would hand tiny products to a loop whose order of additions depends on the alignment of
// buffers.
#define EIGEN_GEMM_TO_COEFFBASED_THRESHOLD 1

// gcc's own AVX-512 intrinsics make it warn once they are inlined here (gcc bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

#include <Eigen/Core>

#include "common/base/check.h"
#include "common/kernels/elementwise.h"

namespace fedround::kernels {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using RowVector = Eigen::Matrix<float, 1, Eigen::Dynamic>;

Eigen::Map<const Matrix> View(std::span<const float> data, std::size_t rows, std::size_t cols) {
  CHECK(data.size() == rows * cols);
  return {data.data(), static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(cols)};
}

Eigen::Map<Matrix> View(std::span<float> data, std::size_t rows, std::size_t cols) {
  CHECK(data.size() == rows * cols);
  return {data.data(), static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(cols)};
}

Eigen::Map<const RowVector> RowView(std::span<const float> data, std::size_t size) {
  CHECK(data.size() == size);
  return {data.data(), static_cast<Eigen::Index>(size)};
}

// Eigen cuts its sums where the cache sizes tell it to. Constants in place of what the machine
// reports make the results of all machines with one SIMD level the same. Every product comes here
// first.
void FixBlocking() {
  [[maybe_unused]] static const bool done = [] {
    Eigen::setCpuCacheSizes(48 * 1024, 1024 * 1024, 32 * 1024 * 1024);
    return true;
  }();
}

}  // namespace

void DenseForward(const DenseShape& shape, std::span<const float> x, std::span<const float> w,
                  std::span<const float> b, std::span<float> z) {
  FixBlocking();
  auto output = View(z, shape.batch, shape.out);
  output.rowwise() = RowView(b, shape.out);
  output.noalias() += View(x, shape.batch, shape.in) * View(w, shape.out, shape.in).transpose();
}

void DenseBackwardInput(const DenseShape& shape, std::span<const float> dz,
                        std::span<const float> w, std::span<float> dx) {
  FixBlocking();
  View(dx, shape.batch, shape.in).noalias() =
      View(dz, shape.batch, shape.out) * View(w, shape.out, shape.in);
}

void DenseAddGradient(const DenseShape& shape, float scale, std::span<const float> x,
                      std::span<const float> dz, std::span<float> w, std::span<float> b) {
  FixBlocking();
  View(w, shape.out, shape.in).noalias() +=
      (scale * View(dz, shape.batch, shape.out).transpose()) * View(x, shape.batch, shape.in);
  // Not Eigen's sum over rows: its order depends on the alignment of `dz`.
  for (std::size_t n = 0; n < shape.batch; ++n) {
    Combine(dz.subspan(n * shape.out, shape.out), b,
            [scale](float gradient, float sum) { return sum + scale * gradient; });
  }
}

}  // namespace fedround::kernels
