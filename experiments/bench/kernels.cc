#include "experiments/bench/kernels.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_split.h"
#include "common/base/named_enum.h"
#include "common/base/plug_in_table.h"
#include "common/base/status_macros.h"
#include "common/nn/activations/table.h"

namespace fedround::bench {

nn::NetworkSpec SpecOf(const Model& model, absl::string_view activation, ActivationKernel kernel) {
  nn::NetworkSpec spec = model.Spec(activation);
  spec.activation_kernel = kernel;
  return spec;
}

absl::StatusOr<std::unique_ptr<nn::Activation>> MakeActivation(absl::string_view activation,
                                                               ActivationKernel kernel) {
  return nn::MakeActivation("--activation", {std::string(activation), {}}, kernel);
}

bool HasKernel(absl::string_view activation, ActivationKernel kernel) {
  return MakeActivation(activation, kernel).ok();
}

absl::StatusOr<std::vector<ActivationKernel>> ParseKernels(absl::string_view text) {
  const std::span all(kernels::kActivationKernels);
  if (text.empty()) return std::vector(all.begin(), all.end());
  if (const auto kernel = Named<ActivationKernel>(text)) return std::vector{*kernel};
  std::vector<absl::string_view> known;
  for (const ActivationKernel kernel : all) known.push_back(NameOf(kernel));
  return UnknownNameError("--kernel", text, known);
}

absl::StatusOr<std::vector<std::string>> ParseActivations(absl::string_view text) {
  std::set<std::string> wanted = {"identity", "relu"};
  if (text != "all") {
    for (const absl::string_view name : absl::StrSplit(text, ',')) {
      RETURN_IF_ERROR(MakeActivation(name, ActivationKernel::kFast).status());
      wanted.emplace(name);
    }
  }
  std::vector<std::string> activations;
  for (const PlugInInfo& info : nn::Activations()) {
    std::string name(info.name);
    if (text == "all" || wanted.contains(name)) activations.push_back(std::move(name));
  }
  return activations;
}

}  // namespace fedround::bench
