// The arithmetic of activation formulas (activations/formula.h) on vectors: branch-free
// polynomials, the same at every level but for the rounding of MulAdd. NaN in, NaN out; no other
// input gives NaN. Errors stated below include those of float arithmetic, at the level without FMA.
#pragma once

#include "common/kernels/simd/vec.h"

namespace fedround::kernels::FEDROUND_SIMD {
// Each file has one of its own: the linker must not see what is instantiated with it.
namespace {

struct VectorMath {
  using T = Vec;

  static Vec Of(double x) { return Broadcast(static_cast<float>(x)); }

  // Computes both.
  template <typename Then, typename Else>
  static Vec Select(Bits condition, Then then, Else otherwise) {
    return condition ? then() : otherwise();
  }
  static Vec AtLeast(Vec z, double low) { return Max(Of(low), z); }
  static Vec AtMost(Vec z, double high) { return Min(Of(high), z); }
  static Bits Either(Bits a, Bits b) { return a | b; }

  static Vec BoundBelow(Vec z, double bound) { return AtLeast(z, bound); }
  static Vec BoundAbove(Vec z, double bound) { return AtMost(z, bound); }
  static Vec Bound(Vec z, double bound) { return AtMost(AtLeast(z, -bound), bound); }

  // 2^(k z) for |k z| <= 125, undefined beyond; relative error <= 2e-7 + 1e-7 |k z|.
  // Method: k z = n + f with n whole, a polynomial for 2^f, n added to the exponent's bits.
  static Vec Power(double k, Vec z) {
    const Vec shift = Broadcast(0x1.8p23f);  // adding it rounds to an integer, in the low bits
    const Vec shifted = MulAdd(z, Of(k), shift);
    const Vec f = MulAdd(z, Of(k), shift - shifted);
    // (2^f - 1) / f on [-1/2, 1/2], fitted to minimise the relative error of 2^f: 9.1e-8.
    const Vec p = Polynomial(f, {0.6931469775788287f, 0.24022241871f, 0.0555073377250358f,
                                 0.00967151326094784f, 0.0013264718393f});
    const Bits exponent = reinterpret_cast<Bits>(shifted) << 23;
    return reinterpret_cast<Vec>(reinterpret_cast<Bits>(MulAdd(f, p, Broadcast(1))) + exponent);
  }

  static Vec Expm1(Vec z) { return Power(kLog2E, z) - 1.0f; }
  static Vec Sigmoid(Vec z) { return 1.0f / (1.0f + Power(-kLog2E, z)); }
  static Vec TanhStep(Vec u) { return 1.0f / (1.0f + Power(-2 * kLog2E, u)); }

  // Relative error <= 4e-7. Never beyond +-1.
  // Source: Eigen 3.4 `generic_fast_tanh_float`, a rational interpolant on [-9, 9].
  static Vec Tanh(Vec z) {
    const Vec x = Bound(z, 7.90531110763549805);
    const Vec square = x * x;
    const Vec p =
        Polynomial(square, {4.89352455891786e-03f, 6.37261928875436e-04f, 1.48572235717979e-05f,
                            5.12229709037114e-08f, -8.60467152213735e-11f, 2.00018790482477e-13f,
                            -2.76076847742355e-16f});
    const Vec q = Polynomial(square, {4.89352518554385e-03f, 2.26843463243900e-03f,
                                      1.18534705686654e-04f, 1.19825839466702e-06f});
    return x * p / q;
  }

  // max(z, 0) + log(1 + e), e = e^-|z|; absolute error <= 3e-7 below z = 1, relative above.
  static Vec Softplus(Vec z) {
    const Vec e = Power(kLog2E, BoundBelow(Min(z, -z), -80));
    // log(1 + e) / e on [0, 1], fitted; 1.7e-7.
    const Vec p = Polynomial(e, {0.99999984f, -0.49997699f, 0.33280168f, -0.24523552f, 0.17825409f,
                                 -0.10885648f, 0.04494339f, -0.00878299f});
    return MulAdd(e, p, Max(Zero(), z));
  }

  // tanh(log(1 + e^z)) = w / (w + 2) with w = e^z (e^z + 2), and its derivative
  // 4 e^z (e^z + 1) / (w + 2)^2: one exponential, one division. Above 15 the value is 1.
  struct Curve {
    Vec value;
    Vec slope;
  };
  static Curve TanhSoftplus(Vec z) {
    const Vec e = Power(kLog2E, BoundAbove(z, 15));
    const Vec w = e * (e + 2.0f);
    const Vec r = 1.0f / (w + 2.0f);
    return {w * r, 4.0f * (e * r) * ((e + 1.0f) * r)};
  }

  // |z| <= 5.3: absolute error <= 4e-7, and |z| times it <= 1e-6.
  // Method: (P(z) - 1/2) / z as a rational of z^2, fitted.
  static Vec NormalDistribution(Vec z) {
    const Vec square = z * z;
    const Vec p =
        Polynomial(square, {0.39894095063209534f, 0.05910222604870796f, 0.006199993658810854f,
                            0.00042303427471779287f, 7.715636456850916e-06f});
    const Vec q =
        Polynomial(square, {1.0f, 0.3147953748703003f, 0.04303683713078499f, 0.0033171798568218946f,
                            0.0001534106704639271f, 6.377914587574196e-07f});
    return z * p / q + 0.5f;
  }
  static Vec NormalDensity(Vec z) {
    constexpr float kInverseSqrt2Pi = 0.3989422804014327f;
    return kInverseSqrt2Pi * Power(-0.5 * kLog2E, z * z);
  }

 private:
  static constexpr double kLog2E = 1.4426950408889634;

  // coefficients[0] + coefficients[1] x + ...
  template <std::size_t kCount>
  static Vec Polynomial(Vec x, const float (&coefficients)[kCount]) {
    Vec sum = Broadcast(coefficients[kCount - 1]);
    FEDROUND_UNROLL
    for (std::size_t i = 1; i < kCount; ++i) {
      sum = MulAdd(sum, x, Broadcast(coefficients[kCount - 1 - i]));
    }
    return sum;
  }
};

}  // namespace
}  // namespace fedround::kernels::FEDROUND_SIMD
