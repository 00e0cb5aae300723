// Activations by name, for tests.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "common/base/plug_in.h"
#include "common/nn/activations/table.h"

namespace fedround::nn {

inline std::unique_ptr<Activation> ActivationNamed(
    const std::string& name, std::map<std::string, OptionValue> options = {},
    kernels::ActivationKernel kernel = kernels::ActivationKernel::kFast) {
  return MakeActivation("activation", {name, std::move(options)}, kernel).value();
}

}  // namespace fedround::nn
