// f(z) = z: a deep linear network, the control that says what an activation adds.
#include "common/kernels/elementwise.h"
#include "common/nn/activations/table.h"

namespace fedround::nn {
namespace {

class Identity final : public Activation {
 public:
  double gain() const override { return 1.0; }
  Keeps keeps() const override { return Keeps::kOutput; }

  void Forward(std::span<const float> z, std::span<float> a) const override {
    if (z.data() != a.data()) kernels::Map(z, a, [](float x) { return x; });
  }
  void Backward(std::span<const float>, std::span<float>) const override {}

  double Value(double z) const override { return z; }
  double Derivative(double) const override { return 1.0; }
};

}  // namespace

ActivationEntry IdentityEntry() {
  return {
      {"identity", "z, no activation", "", {}},
      [](const PlugIn&) -> std::unique_ptr<Activation> { return std::make_unique<Identity>(); }};
}

}  // namespace fedround::nn
