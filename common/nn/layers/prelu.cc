// PReLU: leaky ReLU with one learned slope per layer, the default of PyTorch's nn.PReLU(). (One per
// unit would be as many parameters as a bias.)
#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "common/base/named_enum.h"
#include "common/base/status_macros.h"
#include "common/kernels/activations.h"
#include "common/nn/activations/table.h"
#include "common/nn/layers/table.h"

namespace fedround::nn {
namespace {

constexpr double kInitialSlope = 0.25;

// Sum of x dy over the x below 0: the gradient of the slope.
float SlopeGradient(std::span<const float> x, std::span<const float> dy) {
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    sum += static_cast<double>(x[i] < 0.0f ? x[i] * dy[i] : 0.0f);
  }
  return static_cast<float>(sum);
}

// Not declared elementwise: the gradient of the slope needs all of dy, and once the learned slope
// is negative, y no longer shows the sign of x.
class PRelu final : public Layer {
 public:
  PRelu(std::string name, const FeatureShape& shape, std::unique_ptr<Activation> initial)
      : Layer(std::move(name), shape, shape), initial_(std::move(initial)) {}

  std::vector<TensorSpec> tensors() const override {
    return {{absl::StrCat(name(), ".slope"), {1}}};
  }
  void SetInitial(std::span<float> parameters) const override {
    parameters[0] = static_cast<float>(kInitialSlope);
  }
  // With the initial slope: the weights before it are drawn to suit that.
  const Activation* activation() const override { return initial_.get(); }
  bool needs_input() const override { return true; }

  void Forward(const LayerValues& at, Rng* /*dropout*/) const override {
    kernels::ActivationForward(kernels::ActivationId::kLeakyRelu, kernels::ActivationKernel::kFast,
                               static_cast<double>(at.parameters[0]), at.x, at.y);
  }
  void BackwardInput(const LayerValues& at, std::span<const float> dy,
                     std::span<float> dx) const override {
    std::copy(dy.begin(), dy.end(), dx.begin());
    kernels::ActivationBackward(kernels::ActivationId::kLeakyRelu, kernels::ActivationKernel::kFast,
                                static_cast<double>(at.parameters[0]), at.x, dx);
  }
  void AddGradient(const LayerValues& at, float scale, std::span<const float> dy,
                   std::span<float> target) const override {
    target[0] += scale * SlopeGradient(at.x, dy);
  }

 private:
  std::unique_ptr<Activation> initial_;
};

}  // namespace

LayerEntry PReluEntry() {
  return {{"prelu",
           "z for z > 0, slope z below; the layer learns the slope, starting at 0.25",
           "He et al. 2015, arXiv:1502.01852",
           {}},
          "prelu",
          [](const PlugIn&, const LayerPlace& place) -> absl::StatusOr<std::unique_ptr<Layer>> {
            RETURN_IF_ERROR(CheckRoom(place, {0, 1}));
            if (place.activation_kernel != kernels::ActivationKernel::kFast) {
              return PlaceError(place,
                                absl::StrCat("model.activation_kernel = \"",
                                             NameOf(place.activation_kernel), "\": has only fast"));
            }
            ASSIGN_OR_RETURN(auto initial,
                             MakeActivation(place.key, {"leaky_relu", {{"slope", kInitialSlope}}},
                                            kernels::ActivationKernel::kFast));
            return std::make_unique<PRelu>(place.name, place.in, std::move(initial));
          }};
}

}  // namespace fedround::nn
