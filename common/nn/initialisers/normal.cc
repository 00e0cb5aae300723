// The same standard deviation for every layer.
#include <vector>

#include "common/nn/initialisers/table.h"

namespace fedround::nn {

InitialiserEntry NormalEntry() {
  static const auto& options = *new std::vector<OptionSpec>{{.name = "sigma",
                                                             .default_value = 0.1,
                                                             .help = "the standard deviation",
                                                             .min = 0,
                                                             .max = 100}};
  return {{"normal", "normal, std = sigma", "McMahan et al. 2017, arXiv:1602.05629", options},
          [](const PlugIn& resolved, FreshLayer& layer) {
            FillNormal(resolved.Number("sigma"), layer);
          }};
}

}  // namespace fedround::nn
