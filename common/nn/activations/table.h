// All activations: one formula of common/kernels/activations each. formula.h there says how to add
// one.
#pragma once

#include <memory>
#include <span>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/plug_in.h"
#include "common/kernels/activations/formula.h"
#include "common/nn/activation.h"

namespace fedround::nn {

struct ActivationEntry {
  PlugInInfo info;
  kernels::ActivationForm form;
  bool has_customary_gain;  // kernels::ActivationFacts
  std::unique_ptr<Activation> (*make_with)(double option, kernels::ActivationKernel kernel);

  bool has(kernels::ActivationKernel kernel) const { return HasKernel(form, kernel); }
  // The activation must have this kernel.
  std::unique_ptr<Activation> make(
      const PlugIn& resolved,
      kernels::ActivationKernel kernel = kernels::ActivationKernel::kFast) const;
};

// In alphabetical order.
std::span<const ActivationEntry> ActivationTable();

// The activation that `given` names, computed by `kernel`; `key` is where the experiment gives it.
// Errors: INVALID_ARGUMENT for an unknown activation or option, with the nearest name; for a kernel
// that the activation lacks, with those it has.
absl::StatusOr<std::unique_ptr<Activation>> MakeActivation(absl::string_view key,
                                                           const PlugIn& given,
                                                           kernels::ActivationKernel kernel);

}  // namespace fedround::nn
