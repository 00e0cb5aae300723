#include "coordinator/workload/workload.h"

#include <filesystem>

#include "common/base/status_macros.h"
#include "coordinator/workload/external_workload.h"
#include "coordinator/workload/network_workload.h"

namespace fedround::coordinator {

absl::StatusOr<FreshWorkload> OpenWorkload(Experiment& experiment) {
  std::string& initial_weights = experiment.model.initial_weights;
  if (!initial_weights.empty()) initial_weights = std::filesystem::absolute(initial_weights);
  const bool external = experiment.model.preset == nn::Preset::kExternal;
  ASSIGN_OR_RETURN(FreshWorkload fresh,
                   external ? OpenExternalWorkload(experiment) : OpenNetworkWorkload(experiment));
  experiment.model.initial_weights_sha256 = fresh.initial.sha256.value_or("");
  return fresh;
}

}  // namespace fedround::coordinator
