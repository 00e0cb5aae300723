#include "common/kernels/dense.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "common/kernels/reference/dense_reference.h"
#include "tests/common/kernels/at_level.h"
#include "tests/common/kernels/random_values.h"

namespace fedround::kernels {
namespace {

// Every buffer of one layer. `shift` moves all of them off their alignment by so many floats.
struct Buffers {
  explicit Buffers(const DenseShape& dense_shape, std::size_t shift_by = 0)
      : shape(dense_shape),
        shift(shift_by),
        x(Values(shape.batch * shape.in, 1)),
        w(Values(shape.out * shape.in, 2)),
        b(Values(shape.out, 3)),
        z(Values(shape.batch * shape.out, 4)) {}

  std::vector<float> Values(std::size_t count, std::uint64_t seed) const {
    std::vector<float> values(shift, 0.0f);
    const std::vector<float> random = RandomValues(count, seed);
    values.insert(values.end(), random.begin(), random.end());
    return values;
  }
  std::span<float> Shifted(std::vector<float>& values) const {
    return std::span(values).subspan(shift);
  }
  std::span<float> X() { return Shifted(x); }
  std::span<float> W() { return Shifted(w); }
  std::span<float> B() { return Shifted(b); }
  std::span<float> Z() { return Shifted(z); }

  DenseShape shape;
  std::size_t shift;
  std::vector<float> x, w, b, z;
};

// Batches, inputs and outputs around vector and register block sizes, and the usual network.
std::vector<DenseShape> Shapes() {
  std::vector<DenseShape> shapes;
  const std::size_t sizes[] = {1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 48, 67};
  for (const std::size_t batch : {1U, 2U, 3U, 5U, 10U, 13U, 67U}) {
    for (const std::size_t in : sizes) {
      for (const std::size_t out : sizes) shapes.push_back({batch, in, out});
    }
  }
  for (const std::size_t batch : {1U, 4U, 10U, 50U, 63U, 64U, 130U}) {
    shapes.push_back({batch, 784, 200});
  }
  for (const DenseShape& parts : {DenseShape{300, 17, 9}, {3, 1030, 9}}) shapes.push_back(parts);
  shapes.push_back({70, 131, 1});
  shapes.push_back({70, 7, 64});
  shapes.push_back({64, 300, 73});
  return shapes;
}

// A sum of n products of numbers in [-1, 1] reaches about sqrt(n / 3), and n roundings of it,
// random in sign, add up to sqrt(n) times 2^-25 of that: 2e-8 n. Five times as much is allowed.
double Tolerance(std::size_t terms) { return 1e-7 * static_cast<double>(terms) + 1e-6; }

class DenseForwardAtLevel : public AtLevel {};
class DenseBackwardInputAtLevel : public AtLevel {};
class DenseAddGradientAtLevel : public AtLevel {};

FEDROUND_AT_EACH_LEVEL(DenseForwardAtLevel);
FEDROUND_AT_EACH_LEVEL(DenseBackwardInputAtLevel);
FEDROUND_AT_EACH_LEVEL(DenseAddGradientAtLevel);

TEST_P(DenseForwardAtLevel, AgreesWithReference) {
  for (const DenseShape& shape : Shapes()) {
    Buffers buffers(shape, 1);
    std::vector<double> expected(shape.batch * shape.out);
    const auto x = ToDouble(buffers.X()), w = ToDouble(buffers.W()), b = ToDouble(buffers.B());
    DenseForwardReference<double>(shape, x, w, b, expected);
    DenseForward(shape, buffers.X(), buffers.W(), buffers.B(), buffers.Z());
    ASSERT_LE(LargestDifference(buffers.Z(), expected), Tolerance(shape.in))
        << shape.batch << " x " << shape.in << " -> " << shape.out;
  }
}

TEST_P(DenseBackwardInputAtLevel, AgreesWithReference) {
  for (const DenseShape& shape : Shapes()) {
    Buffers buffers(shape, 1);
    std::vector<double> expected(shape.batch * shape.in);
    const auto dz = ToDouble(buffers.Z()), w = ToDouble(buffers.W());
    DenseBackwardInputReference<double>(shape, dz, w, expected);
    DenseBackwardInput(shape, buffers.Z(), buffers.W(), buffers.X());
    ASSERT_LE(LargestDifference(buffers.X(), expected), Tolerance(shape.out))
        << shape.batch << " x " << shape.in << " -> " << shape.out;
  }
}

TEST_P(DenseAddGradientAtLevel, AgreesWithReferenceOnWeights) {
  for (const DenseShape& shape : Shapes()) {
    Buffers buffers(shape, 1);
    const auto x = ToDouble(buffers.X()), dz = ToDouble(buffers.Z());
    auto w = ToDouble(buffers.W()), b = ToDouble(buffers.B());
    DenseAddGradientReference<double>(shape, -0.5, x, dz, w, b);
    DenseAddGradient(shape, -0.5f, buffers.X(), buffers.Z(), buffers.W(), buffers.B());
    ASSERT_LE(LargestDifference(buffers.W(), w), Tolerance(shape.batch))
        << shape.batch << " x " << shape.in << " -> " << shape.out;
  }
}

TEST_P(DenseAddGradientAtLevel, AgreesWithReferenceOnBias) {
  for (const DenseShape& shape : Shapes()) {
    Buffers buffers(shape, 1);
    const auto x = ToDouble(buffers.X()), dz = ToDouble(buffers.Z());
    auto w = ToDouble(buffers.W()), b = ToDouble(buffers.B());
    DenseAddGradientReference<double>(shape, -0.5, x, dz, w, b);
    DenseAddGradient(shape, -0.5f, buffers.X(), buffers.Z(), buffers.W(), buffers.B());
    ASSERT_LE(LargestDifference(buffers.B(), b), Tolerance(shape.batch))
        << shape.batch << " x " << shape.in << " -> " << shape.out;
  }
}

TEST_P(DenseForwardAtLevel, DoesNotDependOnAlignment) {
  for (const DenseShape& shape : Shapes()) {
    Buffers even(shape), odd(shape, 3);
    DenseForward(shape, even.X(), even.W(), even.B(), even.Z());
    DenseForward(shape, odd.X(), odd.W(), odd.B(), odd.Z());
    ASSERT_TRUE(std::ranges::equal(even.Z(), odd.Z()));
  }
}

TEST_P(DenseBackwardInputAtLevel, DoesNotDependOnAlignment) {
  for (const DenseShape& shape : Shapes()) {
    Buffers even(shape), odd(shape, 3);
    DenseBackwardInput(shape, even.Z(), even.W(), even.X());
    DenseBackwardInput(shape, odd.Z(), odd.W(), odd.X());
    ASSERT_TRUE(std::ranges::equal(even.X(), odd.X()));
  }
}

TEST_P(DenseAddGradientAtLevel, DoesNotDependOnAlignment) {
  for (const DenseShape& shape : Shapes()) {
    Buffers even(shape), odd(shape, 3);
    DenseAddGradient(shape, 0.3f, even.X(), even.Z(), even.W(), even.B());
    DenseAddGradient(shape, 0.3f, odd.X(), odd.Z(), odd.W(), odd.B());
    ASSERT_TRUE(std::ranges::equal(even.W(), odd.W()) && std::ranges::equal(even.B(), odd.B()));
  }
}

TEST_P(DenseForwardAtLevel, KeepsNanWithinItsExample) {
  const DenseShape shape{5, 17, 9};
  Buffers buffers(shape);
  buffers.X()[2 * shape.in + 4] = std::numeric_limits<float>::quiet_NaN();
  DenseForward(shape, buffers.X(), buffers.W(), buffers.B(), buffers.Z());
  for (std::size_t i = 0; i < buffers.Z().size(); ++i) {
    EXPECT_EQ(std::isnan(buffers.Z()[i]), i / shape.out == 2) << i;
  }
}

TEST_P(DenseForwardAtLevel, PassesInfinityOn) {
  const DenseShape shape{1, 3, 1};
  Buffers buffers(shape);
  buffers.W()[1] = 0.5f;
  buffers.X()[1] = std::numeric_limits<float>::infinity();
  DenseForward(shape, buffers.X(), buffers.W(), buffers.B(), buffers.Z());
  EXPECT_EQ(buffers.Z()[0], std::numeric_limits<float>::infinity());
}

// Up to the batch size from which weights are transposed first.
TEST_P(DenseForwardAtLevel, GivesAnExampleTheSameBitsInAnyBatch) {
  const DenseShape shape{13, 200, 67};
  Buffers whole(shape);
  DenseForward(shape, whole.X(), whole.W(), whole.B(), whole.Z());
  Buffers alone(shape);
  for (std::size_t n = 0; n < shape.batch; ++n) {
    DenseForward({1, shape.in, shape.out}, alone.X().subspan(n * shape.in, shape.in), alone.W(),
                 alone.B(), alone.Z().subspan(n * shape.out, shape.out));
  }
  EXPECT_TRUE(std::ranges::equal(whole.Z(), alone.Z()));
}

// Long sums are taken in parts: sizes around their ends.
TEST_P(DenseForwardAtLevel, AgreesWithReferenceOnLongSums) {
  for (const DenseShape& shape :
       {DenseShape{3, 1023, 5}, {3, 1024, 5}, {2, 1025, 70}, {7, 2070, 6}}) {
    Buffers buffers(shape, 1);
    std::vector<double> expected(shape.batch * shape.out);
    const auto x = ToDouble(buffers.X()), w = ToDouble(buffers.W()), b = ToDouble(buffers.B());
    DenseForwardReference<double>(shape, x, w, b, expected);
    DenseForward(shape, buffers.X(), buffers.W(), buffers.B(), buffers.Z());
    ASSERT_LE(LargestDifference(buffers.Z(), expected), Tolerance(shape.in)) << shape.in;
  }
}

TEST_P(DenseBackwardInputAtLevel, AgreesWithReferenceOnLongSums) {
  for (const DenseShape& shape : {DenseShape{3, 33, 255}, {3, 5, 257}, {7, 1030, 520}}) {
    Buffers buffers(shape, 1);
    std::vector<double> expected(shape.batch * shape.in);
    const auto dz = ToDouble(buffers.Z()), w = ToDouble(buffers.W());
    DenseBackwardInputReference<double>(shape, dz, w, expected);
    DenseBackwardInput(shape, buffers.Z(), buffers.W(), buffers.X());
    ASSERT_LE(LargestDifference(buffers.X(), expected), Tolerance(shape.out)) << shape.out;
  }
}

// Inputs like images: some vectors are zero in all examples, some in all but one.
void PutZeros(const DenseShape& shape, std::span<float> x) {
  for (std::size_t k = 0; k < shape.in; ++k) {
    if (k / 16 % 3 == 0) continue;
    for (std::size_t n = 0; n < shape.batch; ++n) x[n * shape.in + k] = 0.0f;
  }
  if (shape.in > 20 && shape.batch > 2) x[2 * shape.in + 20] = 0.25f;
}

TEST_P(DenseForwardAtLevel, IsEqualWhenItSkipsZeros) {
  for (const DenseShape& shape : Shapes()) {
    Buffers dense(shape, 1), skipping(shape, 1);
    PutZeros(shape, dense.X());
    PutZeros(shape, skipping.X());
    DenseForward(shape, dense.X(), dense.W(), dense.B(), dense.Z());
    DenseForward(shape, skipping.X(), skipping.W(), skipping.B(), skipping.Z(), ZeroInputs::kSkip);
    ASSERT_TRUE(std::ranges::equal(dense.Z(), skipping.Z())) << shape.in;
  }
}

TEST_P(DenseAddGradientAtLevel, IsEqualWhenItSkipsZeros) {
  for (const DenseShape& shape : Shapes()) {
    Buffers dense(shape, 1), skipping(shape, 1);
    PutZeros(shape, dense.X());
    PutZeros(shape, skipping.X());
    DenseAddGradient(shape, 0.3f, dense.X(), dense.Z(), dense.W(), dense.B());
    DenseAddGradient(shape, 0.3f, skipping.X(), skipping.Z(), skipping.W(), skipping.B(),
                     ZeroInputs::kSkip);
    ASSERT_TRUE(std::ranges::equal(dense.W(), skipping.W())) << shape.in;
    ASSERT_TRUE(std::ranges::equal(dense.B(), skipping.B())) << shape.in;
  }
}

TEST_P(DenseAddGradientAtLevel, IsEqualWhenItSkipsUnitsWithoutGradient) {
  const DenseShape shape{1, 83, 20};
  Buffers dense(shape, 1), skipping(shape, 1);
  for (std::size_t o = 0; o < shape.out; o += 2) dense.Z()[o] = skipping.Z()[o] = 0.0f;
  DenseAddGradient(shape, 0.3f, dense.X(), dense.Z(), dense.W(), dense.B());
  DenseAddGradient(shape, 0.3f, skipping.X(), skipping.Z(), skipping.W(), skipping.B(),
                   ZeroInputs::kSkip);
  EXPECT_TRUE(std::ranges::equal(dense.W(), skipping.W()));
}

// A NaN among the weights tells whether their inputs were looked at: 0 NaN is NaN.
TEST_P(DenseForwardAtLevel, LeavesZerosOutWhereTheyAreMany) {
  const DenseShape shape{5, 160, 4};
  Buffers buffers(shape);
  PutZeros(shape, buffers.X());
  buffers.W()[115] = std::numeric_limits<float>::quiet_NaN();  // of a vector without inputs
  DenseForward(shape, buffers.X(), buffers.W(), buffers.B(), buffers.Z(), ZeroInputs::kSkip);
  EXPECT_FALSE(std::isnan(buffers.Z()[0]));
  DenseForward(shape, buffers.X(), buffers.W(), buffers.B(), buffers.Z());
  EXPECT_TRUE(std::isnan(buffers.Z()[0]));
}

}  // namespace
}  // namespace fedround::kernels
