// Eigen notices by itself when a factor is a vector, but not when a product is an outer one, as for
// a batch of one: then it is told.
#include <Eigen/Core>

#include "experiments/bench/peers/activations.h"
#include "experiments/bench/peers/dense.h"

#define FEDROUND_TEXT_OF(number) #number
#define FEDROUND_TEXT(number) FEDROUND_TEXT_OF(number)

namespace fedround::bench {
namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Input = Eigen::Map<const RowMajor>;
using Output = Eigen::Map<RowMajor>;
using Bias = Eigen::Map<Eigen::RowVectorXf>;

// The operands as matrices.
struct Matrices {
  explicit Matrices(const DenseOperands& o)
      : x(o.x.data(), Index(o.shape.batch), Index(o.shape.in)),
        dz(o.dz.data(), Index(o.shape.batch), Index(o.shape.out)),
        w(o.w.data(), Index(o.shape.out), Index(o.shape.in)),
        b(o.b.data(), Index(o.shape.out)),
        z(o.z.data(), Index(o.shape.batch), Index(o.shape.out)),
        dx(o.dx.data(), Index(o.shape.batch), Index(o.shape.in)) {}

  static Eigen::Index Index(std::size_t size) { return static_cast<Eigen::Index>(size); }

  Input x;
  Input dz;
  Output w;
  Bias b;
  Output z;
  Output dx;
};

}  // namespace

const int kEigenDenseVectorBytes = FEDROUND_VECTOR_BYTES;
const char* const kEigenDenseName = "Eigen " FEDROUND_TEXT(EIGEN_WORLD_VERSION) "." FEDROUND_TEXT(
    EIGEN_MAJOR_VERSION) "." FEDROUND_TEXT(EIGEN_MINOR_VERSION);

void EigenAddBias(const DenseOperands& operands) {
  Matrices m(operands);
  m.z.rowwise() += m.b;
}

void EigenAddBiasGradient(const DenseOperands& operands) {
  Matrices m(operands);
  m.b += operands.scale * m.dz.colwise().sum();
}

void EigenDense(Product product, const DenseOperands& operands) {
  Matrices m(operands);
  switch (product) {
    case Product::kForward:
      m.z.noalias() = m.x * m.w.transpose();
      return EigenAddBias(operands);
    case Product::kInputGradient:
      m.dx.noalias() = m.dz * m.w;
      return;
    case Product::kWeightGradient:
      if (m.x.rows() == 1) {
        m.w.noalias() += (operands.scale * m.dz.row(0).transpose()) * m.x.row(0);
      } else {
        m.w.noalias() += operands.scale * m.dz.transpose() * m.x;
      }
      return EigenAddBiasGradient(operands);
  }
}

}  // namespace fedround::bench
