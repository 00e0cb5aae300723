#include "common/nn/initialiser.h"

#include <algorithm>

namespace fedround::nn {

void FillNormal(double deviation, FreshLayer& layer) {
  for (float& weight : layer.weight) {
    weight = static_cast<float>(deviation * layer.weight_rng.NextNormal());
  }
  std::ranges::fill(layer.bias, 0.0f);
}

}  // namespace fedround::nn
