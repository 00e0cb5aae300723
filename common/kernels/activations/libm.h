// The arithmetic of activation formulas (formula.h) as a first implementation would have it:
// textbook expressions, calls of the maths library, one element at a time. With T = double it is
// what every kernel is tested against.
#pragma once

#include <cmath>
#include <numbers>

namespace fedround::kernels {

template <typename Element>
struct Libm {
  using T = Element;

  static T Of(double x) { return static_cast<T>(x); }

  // Computes only the one that is chosen.
  template <typename Then, typename Else>
  static T Select(bool condition, Then then, Else otherwise) {
    return condition ? then() : otherwise();
  }
  static T AtLeast(T z, double low) { return z < Of(low) ? Of(low) : z; }
  static T AtMost(T z, double high) { return z > Of(high) ? Of(high) : z; }
  static bool Either(bool a, bool b) { return a || b; }

  // The maths library needs no bounds.
  static T BoundBelow(T z, double /*bound*/) { return z; }
  static T BoundAbove(T z, double /*bound*/) { return z; }
  static T Bound(T z, double /*bound*/) { return z; }

  static T Expm1(T z) { return std::expm1(z); }
  static T Sigmoid(T z) { return T{1} / (T{1} + std::exp(-z)); }
  static T Tanh(T z) { return std::tanh(z); }
  // (1 + tanh u) / 2
  static T TanhStep(T u) { return Of(0.5) * (T{1} + std::tanh(u)); }
  // log(1 + e^z), without overflow.
  static T Softplus(T z) { return (z > T{0} ? z : T{0}) + std::log1p(std::exp(-std::fabs(z))); }

  struct Curve {
    T value;
    T slope;
  };
  static Curve TanhSoftplus(T z) {
    const T t = std::tanh(Softplus(z));
    return {t, Sigmoid(z) * (T{1} - t * t)};
  }

  static T NormalDistribution(T z) {
    return Of(0.5) * (T{1} + std::erf(z * Of(1.0 / std::numbers::sqrt2)));
  }
  static T NormalDensity(T z) {
    return Of(std::numbers::inv_sqrtpi / std::numbers::sqrt2) * std::exp(Of(-0.5) * z * z);
  }
};

}  // namespace fedround::kernels
