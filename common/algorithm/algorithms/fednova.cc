// FedNova: updates are divided by how far their clients trained before they are averaged, so that
// one that takes more steps does not pull the model towards its own minimum.
//
// With tau steps of momentum rho, a client trains as far as
//
//   a = (tau - rho (1 - rho^tau) / (1 - rho)) / (1 - rho)        = tau without momentum
//
// gradients. It sends d = update / a, and a itself as an integer in units of 2^-16; the server takes
// w + (weighted mean of a) * (weighted mean of d).
// Source: Wang et al. 2020, arXiv:2007.07481, equations 7 to 10.
#include <algorithm>
#include <cmath>

#include "common/algorithm/algorithms/table.h"

namespace fedround::algorithm {
namespace {

constexpr double kUnits = 1 << 16;
constexpr std::uint64_t kMost = std::uint64_t{1} << 36;  // 2^20 gradients

class FedNovaServer : public Server {
 public:
  void Apply(const Round& round, const Next& next) override {
    round.folded.sums(0).WriteMean(next.parameters);
    const double reach = static_cast<double>(round.folded.scalar(0)) / kUnits /
                         static_cast<double>(round.folded.total_weight());
    for (std::size_t i = 0; i < next.parameters.size(); ++i) {
      next.parameters[i] = static_cast<float>(static_cast<double>(round.parameters[i]) +
                                              reach * static_cast<double>(next.parameters[i]));
    }
  }
};

class FedNovaClient : public Client {
 public:
  void End(const LocalTask& task, LocalAnswer& answer) const override {
    const double tau = static_cast<double>(answer.steps);
    const double rho = task.plan.momentum;
    const double reach = (tau - rho * (1 - std::pow(rho, tau)) / (1 - rho)) / (1 - rho);
    // What the server multiplies by, to the last bit; one that took no step sends 0 and counts as one.
    const double units = std::clamp(std::round(reach * kUnits), kUnits, static_cast<double>(kMost));
    answer.scalars[0] = static_cast<std::uint64_t>(units);
    const double divisor = units / kUnits;
    for (float& entry : answer.update) {
      entry = static_cast<float>(static_cast<double>(entry) / divisor);
    }
  }
};

}  // namespace

AlgorithmEntry FedNovaEntry() {
  return {.info = {"fednova",
                   "updates divided by how far their clients trained",
                   "Wang et al. 2020, arXiv:2007.07481",
                   {}},
          .server = [](const PlugIn&, std::size_t) -> std::unique_ptr<Server> {
            return std::make_unique<FedNovaServer>();
          },
          .client = [](const PlugIn&) -> std::unique_ptr<const Client> {
            return std::make_unique<FedNovaClient>();
          },
          .needs =
              [](const PlugIn&) {
                return Needs{.scalars = {{"reach", kMost}}};
              }};
}

}  // namespace fedround::algorithm
