// std = gain sqrt(2 / (fan_in + fan_out)): halfway between what goes forward and what comes back.
#include <cmath>

#include "common/nn/initialisers/table.h"

namespace fedround::nn {

InitialiserEntry XavierEntry() {
  return {{"xavier",
           "normal, std = gain sqrt(2 / (inputs + outputs))",
           "Glorot and Bengio 2010, Understanding the difficulty of training deep networks",
           {}},
          [](const PlugIn&, const WeightShape& shape) {
            return shape.gain * std::sqrt(2.0 / static_cast<double>(shape.fan_in + shape.fan_out));
          }};
}

}  // namespace fedround::nn
