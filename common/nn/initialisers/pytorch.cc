// U(-bound, bound) with bound = 1 / sqrt(fan_in), for weights and biases: what PyTorch's nn.Linear
// and nn.Conv2d start with. Its kaiming_uniform_(a = sqrt(5)) amounts to this bound.
#include <cmath>

#include "common/nn/initialisers/table.h"

namespace fedround::nn {
namespace {

void FillUniform(double bound, Rng rng, std::span<float> values) {
  for (float& value : values) value = static_cast<float>(bound * (2.0 * rng.NextDouble() - 1.0));
}

}  // namespace

InitialiserEntry PytorchEntry() {
  return {.info = {"pytorch",
                   "uniform in +-1 / sqrt(inputs), including biases",
                   "torch.nn.Linear.reset_parameters",
                   {}},
          .fill =
              [](const PlugIn&, FreshLayer& layer) {
                const double bound = 1.0 / std::sqrt(static_cast<double>(layer.fan_in));
                FillUniform(bound, layer.weight_rng, layer.weight);
                FillUniform(bound, layer.bias_rng, layer.bias);
              },
          .starts_biases_at_0 = false};
}

}  // namespace fedround::nn
