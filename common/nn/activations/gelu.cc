// f(z) = z P(z), f'(z) = P(z) + z p(z), with P the standard normal distribution and p its density:
// the exact form, not the approximation by tanh.
#include <cmath>
#include <numbers>

#include "common/kernels/elementary.h"
#include "common/kernels/elementwise.h"
#include "common/nn/activations/table.h"

namespace fedround::nn {
namespace {

class Gelu final : public Activation {
 public:
  // PyTorch names no value. E[f^2] = E[z^2 P^2] is, by Stein's lemma (E[z g] = E[g']) used twice,
  // E[P^2] + E[p^2] = 1/3 + 1 / (2 pi sqrt 3) = 0.42522.
  double gain() const override {
    return 1.0 / std::sqrt(1.0 / 3.0 + 1.0 / (2.0 * std::numbers::pi * std::numbers::sqrt3));
  }
  Keeps keeps() const override { return Keeps::kInput; }

  void Forward(std::span<const float> z, std::span<float> a) const override {
    kernels::Map(z, a, [](float x) { return x * kernels::StandardNormal(x).distribution; });
  }
  void Backward(std::span<const float> kept, std::span<float> gradient) const override {
    kernels::Combine(kept, gradient, [](float x, float g) {
      const kernels::Normal normal = kernels::StandardNormal(x);
      return g * (normal.distribution + x * normal.density);
    });
  }

  double Value(double z) const override { return z * Distribution(z); }
  double Derivative(double z) const override {
    const double density = std::exp(-0.5 * z * z) * std::numbers::inv_sqrtpi / std::numbers::sqrt2;
    return Distribution(z) + z * density;
  }

 private:
  static double Distribution(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }
};

}  // namespace

ActivationEntry GeluEntry() {
  return {{"gelu",
           "z times the normal distribution at z (exact, by erf)",
           "Hendrycks and Gimpel 2016, arXiv:1606.08415",
           {}},
          [](const PlugIn&) -> std::unique_ptr<Activation> { return std::make_unique<Gelu>(); }};
}

}  // namespace fedround::nn
