// FedYogi: Yogi at the server, v = v - (1 - beta2) mean^2 sign(v - mean^2). The rest stands in
// adaptive.h.
// Source: Reddi et al. 2021, arXiv:2003.00295, Algorithm 2.
#include "common/algorithm/algorithms/adaptive.h"

namespace fedround::algorithm {
namespace {

const OptionSpec kOptions[] = {
    kServerLearningRate,
    {.name = "beta1", .default_value = 0.9, .help = "decay of m", .min = 0, .max = 0.999999},
    {.name = "beta2", .default_value = 0.99, .help = "of v", .min = 0, .max = 0.999999},
    kTau};

}  // namespace

AlgorithmEntry FedYogiEntry() {
  return {
      .info = {"fedyogi", "Yogi at the server", "Reddi et al. 2021, arXiv:2003.00295", kOptions},
      .server = [](const PlugIn& options, std::size_t size) -> std::unique_ptr<Server> {
        const auto beta2 = static_cast<float>(options.Number("beta2"));
        const auto second = [beta2](float v, float square) {
          const float sign = v > square ? 1.0F : v < square ? -1.0F : 0.0F;
          return v - (1 - beta2) * square * sign;
        };
        return std::make_unique<Adaptive<decltype(second)>>(options, options.Number("beta1"), size,
                                                            second);
      }};
}

}  // namespace fedround::algorithm
