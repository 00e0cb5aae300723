// FedAvgM: the server treats the mean update as a step and adds momentum to it:
// v = momentum * v + mean, w += learning_rate * v.
// Source: Hsu et al. 2019, arXiv:1909.06335, section 4.3.
#include <algorithm>
#include <vector>

#include "common/algorithm/algorithms/table.h"
#include "common/base/check.h"

namespace fedround::algorithm {
namespace {

const OptionSpec kOptions[] = {
    {.name = "momentum", .default_value = 0.9, .help = "of the server", .min = 0, .max = 0.999999},
    {.name = "learning_rate", .default_value = 1.0, .help = "of the server", .min = 0, .max = 1e6}};

class FedAvgM : public Algorithm {
 public:
  FedAvgM(double momentum, double learning_rate, std::size_t parameters)
      : momentum_(static_cast<float>(momentum)),
        learning_rate_(static_cast<float>(learning_rate)),
        velocity_(parameters, 0.0F) {}

  void Apply(std::span<const float> parameters, std::span<float> update) override {
    for (std::size_t i = 0; i < update.size(); ++i) {
      velocity_[i] = momentum_ * velocity_[i] + update[i];
      update[i] = parameters[i] + learning_rate_ * velocity_[i];
    }
  }

  std::span<const float> state() const override { return velocity_; }
  void RestoreState(std::span<const float> state) override {
    CHECK(state.size() == velocity_.size());
    std::copy(state.begin(), state.end(), velocity_.begin());
  }

 private:
  float momentum_;
  float learning_rate_;
  std::vector<float> velocity_;
};

}  // namespace

AlgorithmEntry FedAvgMEntry() {
  return {{"fedavgm", "FedAvg with momentum at the server", "Hsu et al. 2019, arXiv:1909.06335",
           kOptions},
          [](const PlugIn& options, std::size_t parameters) -> std::unique_ptr<Algorithm> {
            return std::make_unique<FedAvgM>(options.Number("momentum"),
                                             options.Number("learning_rate"), parameters);
          },
          PlugInOptions{{"momentum", 0.0}, {"learning_rate", 1.0}}};
}

}  // namespace fedround::algorithm
