// FedAvgM: the server treats the mean update as a step and adds momentum to it:
// v = momentum * v + mean, w += learning_rate * v.
// Source: Hsu et al. 2019, arXiv:1909.06335, section 4.3.
#include "common/algorithm/algorithms/table.h"

namespace fedround::algorithm {
namespace {

const OptionSpec kOptions[] = {
    {.name = "momentum", .default_value = 0.9, .help = "of the server", .min = 0, .max = 0.999999},
    {.name = "learning_rate", .default_value = 1.0, .help = "of the server", .min = 0, .max = 1e6}};

class FedAvgM : public Server {
 public:
  FedAvgM(const PlugIn& options, std::size_t size)
      : momentum_(static_cast<float>(options.Number("momentum"))),
        learning_rate_(static_cast<float>(options.Number("learning_rate"))),
        velocity_(size, 0.0F) {}

  void Apply(const Round& round, const Next& next) override {
    round.folded.sums(0).WriteMean(next.parameters);
    for (std::size_t i = 0; i < velocity_.size(); ++i) {
      velocity_[i] = momentum_ * velocity_[i] + next.parameters[i];
      next.parameters[i] = round.parameters[i] + learning_rate_ * velocity_[i];
    }
  }

  std::vector<NamedVector> State() override { return {{"velocity", velocity_}}; }

 private:
  float momentum_;
  float learning_rate_;
  std::vector<float> velocity_;
};

}  // namespace

AlgorithmEntry FedAvgMEntry() {
  return {.info = {"fedavgm", "FedAvg with momentum at the server",
                   "Hsu et al. 2019, arXiv:1909.06335", kOptions},
          .server = [](const PlugIn& options, std::size_t size) -> std::unique_ptr<Server> {
            return std::make_unique<FedAvgM>(options, size);
          },
          .fedavg_options = PlugInOptions{{"momentum", 0.0}, {"learning_rate", 1.0}}};
}

}  // namespace fedround::algorithm
