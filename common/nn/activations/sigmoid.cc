// f(z) = 1 / (1 + e^-z), f'(z) = f(z) (1 - f(z))
#include <cmath>

#include "common/kernels/elementary.h"
#include "common/kernels/elementwise.h"
#include "common/nn/activations/table.h"

namespace fedround::nn {
namespace {

class Sigmoid final : public Activation {
 public:
  // The customary value.
  double gain() const override { return 1.0; }
  Keeps keeps() const override { return Keeps::kOutput; }

  void Forward(std::span<const float> z, std::span<float> a) const override {
    kernels::Map(z, a, [](float x) { return kernels::Sigmoid(x); });
  }
  void Backward(std::span<const float> kept, std::span<float> gradient) const override {
    kernels::Combine(kept, gradient, [](float y, float g) { return g * (y * (1.0f - y)); });
  }

  double Value(double z) const override { return 1.0 / (1.0 + std::exp(-z)); }
  double Derivative(double z) const override { return Value(z) * Value(-z); }
};

}  // namespace

ActivationEntry SigmoidEntry() {
  return {{"sigmoid", "1 / (1 + e^-z)", "Rumelhart et al. 1986", {}},
          [](const PlugIn&) -> std::unique_ptr<Activation> { return std::make_unique<Sigmoid>(); }};
}

}  // namespace fedround::nn
