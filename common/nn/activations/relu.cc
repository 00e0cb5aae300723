// f(z) = max(z, 0)
#include <numbers>

#include "common/kernels/elementwise.h"
#include "common/nn/activations/table.h"

namespace fedround::nn {
namespace {

class Relu final : public Activation {
 public:
  // E[max(z, 0)^2] = 1/2.
  double gain() const override { return std::numbers::sqrt2; }
  Keeps keeps() const override { return Keeps::kOutput; }
  std::span<const double> kinks() const override {
    static constexpr double kKinks[] = {0.0};
    return kKinks;
  }

  // The comparisons are turned so that NaN passes: a diverged model must not look healthy.
  void Forward(std::span<const float> z, std::span<float> a) const override {
    kernels::Map(z, a, [](float x) { return x < 0.0f ? 0.0f : x; });
  }
  void Backward(std::span<const float> kept, std::span<float> gradient) const override {
    kernels::Combine(kept, gradient, [](float y, float g) { return y <= 0.0f ? 0.0f : g; });
  }

  double Value(double z) const override { return z < 0.0 ? 0.0 : z; }
  double Derivative(double z) const override { return z <= 0.0 ? 0.0 : 1.0; }
};

}  // namespace

ActivationEntry ReluEntry() {
  return {{"relu", "max(z, 0)", "Nair and Hinton 2010", {}},
          [](const PlugIn&) -> std::unique_ptr<Activation> { return std::make_unique<Relu>(); }};
}

}  // namespace fedround::nn
