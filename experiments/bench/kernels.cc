#include "experiments/bench/kernels.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "absl/strings/str_split.h"
#include "common/base/plug_in_table.h"
#include "common/base/status_macros.h"
#include "common/nn/activations/table.h"

namespace fedround::bench {

nn::NetworkSpec SpecOf(const Model& model, absl::string_view activation, absl::string_view kernel) {
  nn::NetworkSpec spec = model.Spec(activation);
  spec.activation_kernel = std::string(kernel);
  return spec;
}

absl::StatusOr<std::unique_ptr<nn::Activation>> MakeActivation(absl::string_view activation,
                                                               absl::string_view kernel) {
  return nn::MakeActivation("--activation", {std::string(activation), {}}, kernel);
}

bool HasKernel(absl::string_view activation, absl::string_view kernel) {
  return MakeActivation(activation, kernel).ok();
}

absl::StatusOr<std::vector<std::string>> ParseKernels(absl::string_view text) {
  if (text.empty()) return std::vector<std::string>(std::begin(kKernels), std::end(kKernels));
  if (std::ranges::find(kKernels, text) != std::end(kKernels)) {
    return std::vector<std::string>{std::string(text)};
  }
  return UnknownNameError("--kernel", text, kKernels);
}

absl::StatusOr<std::vector<std::string>> ParseActivations(absl::string_view text) {
  std::set<std::string> wanted = {"identity", "relu"};
  if (text != "all") {
    for (const absl::string_view name : absl::StrSplit(text, ',')) {
      RETURN_IF_ERROR(MakeActivation(name, kKernels[0]).status());
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
