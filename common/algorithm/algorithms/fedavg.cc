// FedAvg: clients run local SGD, the server takes the weighted mean of their updates.
// Source: McMahan et al. 2017, arXiv:1602.05629, Algorithm 1.
#include "common/algorithm/algorithms/table.h"

namespace fedround::algorithm {

AlgorithmEntry FedAvgEntry() {
  return {.info = {"fedavg",
                   "weighted mean of the clients' updates",
                   "McMahan et al. 2017, arXiv:1602.05629",
                   {}},
          .server = [](const PlugIn&, std::size_t) -> std::unique_ptr<Server> {
            return std::make_unique<AddMean>();
          },
          .fedavg_options = PlugInOptions{}};
}

}  // namespace fedround::algorithm
