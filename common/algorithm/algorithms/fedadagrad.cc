// FedAdagrad: Adagrad at the server, v = v + mean^2. The rest stands in adaptive.h.
// Source: Reddi et al. 2021, arXiv:2003.00295, Algorithm 2.
#include "common/algorithm/algorithms/adaptive.h"

namespace fedround::algorithm {
namespace {

const OptionSpec kOptions[] = {
    kServerLearningRate,
    {.name = "beta1", .default_value = 0.0, .help = "decay of m", .min = 0, .max = 0.999999},
    kTau};

}  // namespace

AlgorithmEntry FedAdagradEntry() {
  return {.info = {"fedadagrad", "Adagrad at the server", "Reddi et al. 2021, arXiv:2003.00295",
                   kOptions},
          .server = [](const PlugIn& options, std::size_t size) -> std::unique_ptr<Server> {
            const auto second = [](float v, float square) { return v + square; };
            return std::make_unique<Adaptive<decltype(second)>>(options, options.Number("beta1"),
                                                                size, second);
          }};
}

}  // namespace fedround::algorithm
