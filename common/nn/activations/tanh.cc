// f(z) = tanh z, f'(z) = 1 - f(z)^2
#include <cmath>

#include "common/kernels/elementary.h"
#include "common/kernels/elementwise.h"
#include "common/nn/activations/table.h"

namespace fedround::nn {
namespace {

class Tanh final : public Activation {
 public:
  // The customary value; 1 / sqrt(E[f^2]) would be 1.59.
  double gain() const override { return 5.0 / 3.0; }
  Keeps keeps() const override { return Keeps::kOutput; }

  void Forward(std::span<const float> z, std::span<float> a) const override {
    kernels::Map(z, a, [](float x) { return kernels::Tanh(x); });
  }
  void Backward(std::span<const float> kept, std::span<float> gradient) const override {
    kernels::Combine(kept, gradient, [](float y, float g) { return g * (1.0f - y * y); });
  }

  double Value(double z) const override { return std::tanh(z); }
  double Derivative(double z) const override { return 1.0 - std::tanh(z) * std::tanh(z); }
};

}  // namespace

ActivationEntry TanhEntry() {
  return {{"tanh", "hyperbolic tangent", "LeCun et al. 1998, Efficient BackProp", {}},
          [](const PlugIn&) -> std::unique_ptr<Activation> { return std::make_unique<Tanh>(); }};
}

}  // namespace fedround::nn
