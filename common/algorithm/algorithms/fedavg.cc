// FedAvg: clients run local SGD, the server takes the weighted mean of their updates.
// Source: McMahan et al. 2017, arXiv:1602.05629, Algorithm 1.
#include "common/algorithm/algorithms/table.h"

namespace fedround::algorithm {
namespace {

class FedAvg : public Algorithm {
 public:
  void Apply(std::span<const float> parameters, std::span<float> update) override {
    for (std::size_t i = 0; i < update.size(); ++i) update[i] = parameters[i] + update[i];
  }
};

}  // namespace

AlgorithmEntry FedAvgEntry() {
  return {{"fedavg",
           "weighted mean of the clients' updates",
           "McMahan et al. 2017, arXiv:1602.05629",
           {}},
          [](const PlugIn&, std::size_t) -> std::unique_ptr<Algorithm> {
            return std::make_unique<FedAvg>();
          },
          PlugInOptions{}};
}

}  // namespace fedround::algorithm
