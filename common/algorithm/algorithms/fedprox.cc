// FedProx: FedAvg whose clients are kept near the model from which they started the round, by the
// term mu/2 * |w - w_round|^2 in their loss.
// Source: Li et al. 2020, arXiv:1812.06127, Algorithm 2 (with the same local solver for all
// clients).
#include "common/algorithm/algorithms/table.h"

namespace fedround::algorithm {
namespace {

const OptionSpec kOptions[] = {{.name = "mu",
                                .default_value = 0.01,
                                .help = "weight of the proximal term",
                                .min = 0,
                                .max = 1e6}};

class FedProx : public AddMean {
 public:
  explicit FedProx(double mu) : mu_(mu) {}

  void AdjustPlan(RoundPlan& plan) const override { plan.proximal_mu = mu_; }

 private:
  double mu_;
};

}  // namespace

AlgorithmEntry FedProxEntry() {
  return {.info = {"fedprox", "FedAvg with clients kept near the round's model",
                   "Li et al. 2020, arXiv:1812.06127", kOptions},
          .server = [](const PlugIn& options, std::size_t) -> std::unique_ptr<Server> {
            return std::make_unique<FedProx>(options.Number("mu"));
          },
          .fedavg_options = PlugInOptions{{"mu", 0.0}}};
}

}  // namespace fedround::algorithm
