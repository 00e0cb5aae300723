#include "common/kernels/conv.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "common/kernels/reference/conv_reference.h"
#include "tests/common/kernels/at_level.h"
#include "tests/common/kernels/random_values.h"

namespace fedround::kernels {
namespace {

// Odd sizes, kernels as large as the padded image, strides that leave pixels over, padding beyond
// the kernel, and the two convolutions of the CNN.
std::vector<ConvShape> Shapes() {
  std::vector<ConvShape> shapes;
  for (const std::size_t in : {1U, 3U, 17U}) {
    for (const std::size_t out : {1U, 5U, 33U}) {
      shapes.push_back({1, 1, 1, in, out, 1, 1, 0});
      shapes.push_back({3, 5, 7, in, out, 3, 1, 1});
      shapes.push_back({2, 7, 5, in, out, 3, 2, 0});
      shapes.push_back({2, 4, 4, in, out, 6, 1, 1});
      shapes.push_back({2, 5, 6, in, out, 2, 3, 2});
      shapes.push_back({1, 9, 3, in, out, 5, 4, 3});
    }
  }
  shapes.push_back({2, 28, 28, 1, 32, 5, 1, 2});
  shapes.push_back({2, 14, 14, 32, 64, 5, 1, 2});
  shapes.push_back({2, 3, 3, 1030, 3, 3, 1, 1});
  shapes.push_back({2, 3, 3, 3, 1030, 3, 1, 1});
  return shapes;
}

// Every buffer of one layer, off its alignment by `shift` floats.
struct Buffers {
  explicit Buffers(const ConvShape& conv_shape, std::size_t shift_by = 1)
      : shape(conv_shape),
        shift(shift_by),
        x(Values(shape.batch * shape.height * shape.width * shape.in, 1)),
        w(Values(shape.out * shape.in * shape.kernel * shape.kernel, 2)),
        b(Values(shape.out, 3)),
        z(Values(shape.batch * shape.out_height() * shape.out_width() * shape.out, 4)),
        scratch(ConvScratchFloats(shape), 7.0f) {}

  std::vector<float> Values(std::size_t count, std::uint64_t seed) const {
    std::vector<float> values = RandomValues(count, seed);
    values.insert(values.begin(), shift, 0.0f);
    return values;
  }
  std::span<float> X() { return std::span(x).subspan(shift); }
  std::span<float> W() { return std::span(w).subspan(shift); }
  std::span<float> B() { return std::span(b).subspan(shift); }
  std::span<float> Z() { return std::span(z).subspan(shift); }

  void Forward() { ConvForward(shape, X(), W(), B(), Z(), scratch); }
  void BackwardInput() { ConvBackwardInput(shape, Z(), W(), X(), scratch); }
  void AddGradient() { ConvAddGradient(shape, -0.5f, X(), Z(), W(), B(), scratch); }

  ConvShape shape;
  std::size_t shift;
  std::vector<float> x, w, b, z, scratch;
};

// As for dense products (dense_test.cc): 1e-7 per term.
double Tolerance(std::size_t terms) { return 1e-7 * static_cast<double>(terms) + 1e-6; }

std::string Text(const ConvShape& s) {
  return testing::PrintToString(
      std::vector{s.batch, s.height, s.width, s.in, s.out, s.kernel, s.stride, s.padding});
}

class ConvAtLevel : public AtLevel {};
class ConvAddGradientAtLevel : public AtLevel {};
class ConvBackwardInputAtLevel : public AtLevel {};
class ConvForwardAtLevel : public AtLevel {};
FEDROUND_AT_EACH_LEVEL(ConvAtLevel);
FEDROUND_AT_EACH_LEVEL(ConvAddGradientAtLevel);
FEDROUND_AT_EACH_LEVEL(ConvBackwardInputAtLevel);
FEDROUND_AT_EACH_LEVEL(ConvForwardAtLevel);

TEST_P(ConvForwardAtLevel, AgreesWithReference) {
  for (const ConvShape& shape : Shapes()) {
    Buffers buffers(shape);
    std::vector<double> expected(buffers.Z().size());
    const auto x = ToDouble(buffers.X()), w = ToDouble(buffers.W()), b = ToDouble(buffers.B());
    ConvForwardReference<double>(shape, x, w, b, expected);
    buffers.Forward();
    ASSERT_LE(LargestDifference(buffers.Z(), expected),
              Tolerance(shape.in * shape.kernel * shape.kernel))
        << Text(shape);
  }
}

TEST_P(ConvBackwardInputAtLevel, AgreesWithReference) {
  for (const ConvShape& shape : Shapes()) {
    Buffers buffers(shape);
    std::vector<double> expected(buffers.X().size());
    const auto dz = ToDouble(buffers.Z()), w = ToDouble(buffers.W());
    ConvBackwardInputReference<double>(shape, dz, w, expected);
    buffers.BackwardInput();
    ASSERT_LE(LargestDifference(buffers.X(), expected),
              Tolerance(shape.out * shape.kernel * shape.kernel))
        << Text(shape);
  }
}

TEST_P(ConvAddGradientAtLevel, AgreesWithReference) {
  for (const ConvShape& shape : Shapes()) {
    Buffers buffers(shape);
    const auto x = ToDouble(buffers.X()), dz = ToDouble(buffers.Z());
    auto w = ToDouble(buffers.W()), b = ToDouble(buffers.B());
    ConvAddGradientReference<double>(shape, -0.5, x, dz, w, b);
    buffers.AddGradient();
    const std::size_t terms = shape.batch * shape.out_height() * shape.out_width();
    ASSERT_LE(LargestDifference(buffers.W(), w), Tolerance(terms)) << Text(shape);
    ASSERT_LE(LargestDifference(buffers.B(), b), Tolerance(terms)) << Text(shape);
  }
}

TEST_P(ConvAtLevel, DoesNotDependOnAlignment) {
  for (const ConvShape& shape : Shapes()) {
    Buffers even(shape, 0), odd(shape, 3);
    for (Buffers* buffers : {&even, &odd}) {
      buffers->Forward();
      buffers->AddGradient();
      buffers->BackwardInput();
    }
    ASSERT_TRUE(std::ranges::equal(even.Z(), odd.Z()) && std::ranges::equal(even.X(), odd.X()) &&
                std::ranges::equal(even.W(), odd.W()) && std::ranges::equal(even.B(), odd.B()))
        << Text(shape);
  }
}

// The reference itself: one window by hand.
TEST(ConvReference, IsACrossCorrelation) {
  const std::vector<double> x = {1, 2, 3, 4}, w = {10, 20, 30, 40}, b = {5};
  std::vector<double> z(1);
  ConvForwardReference<double>({1, 2, 2, 1, 1, 2, 1, 0}, x, w, b, z);
  EXPECT_EQ(z[0], 5 + 10 + 40 + 90 + 160);
}

}  // namespace
}  // namespace fedround::kernels
