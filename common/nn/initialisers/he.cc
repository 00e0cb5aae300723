// std = gain / sqrt(fan_in): keeps the second moment in the forward pass.
#include <cmath>

#include "common/nn/initialisers/table.h"

namespace fedround::nn {

InitialiserEntry HeEntry() {
  return {{"he", "normal, std = gain / sqrt(inputs)", "He et al. 2015, arXiv:1502.01852", {}},
          [](const PlugIn&, FreshLayer& layer) {
            FillNormal(layer.gain / std::sqrt(static_cast<double>(layer.fan_in)), layer);
          }};
}

}  // namespace fedround::nn
