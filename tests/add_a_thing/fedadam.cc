// FedAdam: the server treats the mean update as a gradient and takes Adam's step along it:
// m = beta1 m + (1 - beta1) mean, v = beta2 v + (1 - beta2) mean^2,
// w += learning_rate m / (sqrt(v) + tau). No bias correction.
// Source: Reddi et al. 2021, arXiv:2003.00295, Algorithm 2.
#include <algorithm>
#include <cmath>
#include <vector>

#include "common/algorithm/algorithms/table.h"
#include "common/base/check.h"

namespace fedround::algorithm {
namespace {

const OptionSpec kOptions[] = {
    {.name = "learning_rate", .default_value = 0.1, .help = "of the server", .min = 0, .max = 1e6},
    {.name = "beta1", .default_value = 0.9, .help = "decay of m", .min = 0, .max = 0.999999},
    {.name = "beta2", .default_value = 0.99, .help = "decay of v", .min = 0, .max = 0.999999},
    {.name = "tau", .default_value = 1e-3, .help = "adaptivity", .min = 1e-9, .max = 1e3}};

class FedAdam : public Algorithm {
 public:
  FedAdam(const PlugIn& options, std::size_t parameters)
      : learning_rate_(static_cast<float>(options.Number("learning_rate"))),
        beta1_(static_cast<float>(options.Number("beta1"))),
        beta2_(static_cast<float>(options.Number("beta2"))),
        tau_(static_cast<float>(options.Number("tau"))),
        moments_(2 * parameters, 0.0F) {
    std::fill(moments_.begin() + static_cast<std::ptrdiff_t>(parameters), moments_.end(),
              tau_ * tau_);
  }

  void Apply(std::span<const float> parameters, std::span<float> update) override {
    const auto m = std::span(moments_).first(parameters.size());
    const auto v = std::span(moments_).last(parameters.size());
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      m[i] = beta1_ * m[i] + (1.0F - beta1_) * update[i];
      v[i] = beta2_ * v[i] + (1.0F - beta2_) * update[i] * update[i];
      update[i] = parameters[i] + learning_rate_ * m[i] / (std::sqrt(v[i]) + tau_);
    }
  }

  std::span<const float> state() const override { return moments_; }
  void RestoreState(std::span<const float> state) override {
    CHECK(state.size() == moments_.size());
    std::copy(state.begin(), state.end(), moments_.begin());
  }

 private:
  float learning_rate_;
  float beta1_;
  float beta2_;
  float tau_;
  std::vector<float> moments_;  // m, then v
};

}  // namespace

AlgorithmEntry FedAdamEntry() {
  return {{"fedadam", "FedAvg with Adam at the server", "Reddi et al. 2021, arXiv:2003.00295",
           kOptions},
          [](const PlugIn& options, std::size_t parameters) -> std::unique_ptr<Algorithm> {
            return std::make_unique<FedAdam>(options, parameters);
          }};
}

}  // namespace fedround::algorithm
