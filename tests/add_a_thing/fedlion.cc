// FedLion: the server takes Lion's step along the mean update, which is as long in every entry:
// w += learning_rate sign(beta1 m + (1 - beta1) mean), then m = beta2 m + (1 - beta2) mean.
// Source: Chen et al. 2023, arXiv:2302.06675, with the mean update in the place of the gradient.
#include <vector>

#include "common/algorithm/algorithms/table.h"

namespace fedround::algorithm {
namespace {

const OptionSpec kOptions[] = {
    {.name = "learning_rate", .default_value = 0.01, .help = "of the server", .min = 0, .max = 1e6},
    {.name = "beta1", .default_value = 0.9, .help = "of the step", .min = 0, .max = 0.999999},
    {.name = "beta2", .default_value = 0.99, .help = "decay of m", .min = 0, .max = 0.999999}};

class FedLion : public Server {
 public:
  FedLion(const PlugIn& options, std::size_t size)
      : learning_rate_(static_cast<float>(options.Number("learning_rate"))),
        beta1_(static_cast<float>(options.Number("beta1"))),
        beta2_(static_cast<float>(options.Number("beta2"))),
        m_(size, 0.0F) {}

  void Apply(const Round& round, const Next& next) override {
    round.folded.sums(0).WriteMean(next.parameters);
    for (std::size_t i = 0; i < m_.size(); ++i) {
      const float mean = next.parameters[i];
      const float step = beta1_ * m_[i] + (1.0F - beta1_) * mean;
      const float sign = step > 0 ? 1.0F : step < 0 ? -1.0F : 0.0F;
      m_[i] = beta2_ * m_[i] + (1.0F - beta2_) * mean;
      next.parameters[i] = round.parameters[i] + learning_rate_ * sign;
    }
  }

  std::vector<NamedVector> State() override { return {{"m", m_}}; }

 private:
  float learning_rate_;
  float beta1_;
  float beta2_;
  std::vector<float> m_;
};

}  // namespace

AlgorithmEntry FedLionEntry() {
  return {.info = {"fedlion", "FedAvg with Lion at the server",
                   "Chen et al. 2023, arXiv:2302.06675", kOptions},
          .server = [](const PlugIn& options, std::size_t size) -> std::unique_ptr<Server> {
            return std::make_unique<FedLion>(options, size);
          }};
}

}  // namespace fedround::algorithm
