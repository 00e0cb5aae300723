#include "coordinator/workload/external_workload.h"

#include <memory>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace fedround::coordinator {
namespace {

absl::Status Check(std::span<const TensorSpec> tensors, std::uint64_t max_parameters) {
  RETURN_IF_ERROR(CheckTensors(tensors));
  const std::size_t parameters = ParameterCount(tensors);
  if (parameters <= max_parameters) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(parameters, " parameters: must be <= limits.max_parameters = ", max_parameters));
}

}  // namespace

absl::StatusOr<FreshWorkload> OpenExternalWorkload(const Experiment& experiment) {
  ASSIGN_OR_RETURN(InitialWeights weights, ReadInitialWeights(experiment));
  const std::string& path = experiment.model.initial_weights;
  std::vector<TensorSpec>& tensors = weights.tensors.specs;
  if (const absl::Status checked = Check(tensors, experiment.limits.max_parameters);
      !checked.ok()) {
    return Annotate(absl::StrCat("model.initial_weights: ", path), checked);
  }
  InitialModel initial{.parameters = std::move(weights.tensors.parameters),
                       .sha256 = weights.sha256,
                       .source = SourceText(path, weights.sha256, tensors, /*with_head=*/true)};
  ASSIGN_OR_RETURN(ModelLayout layout, LayOut(std::move(tensors), experiment.model.freeze));
  return FreshWorkload{
      std::make_unique<Workload>(std::move(layout), "each client's own; only clients score models"),
      std::move(initial)};
}

}  // namespace fedround::coordinator
