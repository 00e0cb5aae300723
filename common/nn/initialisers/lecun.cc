// std = 1 / sqrt(fan_in), whatever the activation: what self-normalising activations ask for.
#include <cmath>

#include "common/nn/initialisers/table.h"

namespace fedround::nn {

InitialiserEntry LecunEntry() {
  return {{"lecun", "normal, std = 1 / sqrt(inputs)", "LeCun et al. 1998, Efficient BackProp", {}},
          [](const PlugIn&, FreshLayer& layer) {
            FillNormal(1.0 / std::sqrt(static_cast<double>(layer.fan_in)), layer);
          }};
}

}  // namespace fedround::nn
