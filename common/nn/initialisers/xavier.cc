// std = gain sqrt(2 / (fan_in + fan_out)): a compromise between the forward and the backward pass.
#include <cmath>

#include "common/nn/initialisers/table.h"

namespace fedround::nn {

InitialiserEntry XavierEntry() {
  return {{"xavier",
           "normal, std = gain sqrt(2 / (inputs + outputs))",
           "Glorot and Bengio 2010, Understanding the difficulty of training deep networks",
           {}},
          [](const PlugIn&, FreshLayer& layer) {
            const auto fans = static_cast<double>(layer.fan_in + layer.fan_out);
            FillNormal(layer.gain * std::sqrt(2.0 / fans), layer);
          }};
}

}  // namespace fedround::nn
