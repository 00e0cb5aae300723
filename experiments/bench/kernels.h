// What can be chosen about an activation: its name, and which implementation of it.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/kernels/activations/activation_kernel.h"
#include "common/nn/activation.h"
#include "experiments/bench/models.h"

namespace fedround::bench {

using kernels::ActivationKernel;

nn::NetworkSpec SpecOf(const Model& model, absl::string_view activation, ActivationKernel kernel);

// `activation` with its default options.
// Errors: INVALID_ARGUMENT for an unknown name, with the nearest, or a kernel that it lacks.
absl::StatusOr<std::unique_ptr<nn::Activation>> MakeActivation(absl::string_view activation,
                                                               ActivationKernel kernel);

bool HasKernel(absl::string_view activation, ActivationKernel kernel);

// The kernel of that name, all of them if it is empty. Every activation has the first.
// Errors: INVALID_ARGUMENT for any other text, with the nearest name.
absl::StatusOr<std::vector<ActivationKernel>> ParseKernels(absl::string_view text);

// "gelu,tanh" with identity and relu, each once, in the order of the table; "all": the whole table.
// Errors: INVALID_ARGUMENT as above.
absl::StatusOr<std::vector<std::string>> ParseActivations(absl::string_view text);

}  // namespace fedround::bench
