// From a specification to the layers of a network: what presets stand for, how layers are named,
// and that each one fits what the one before it gives.
#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "common/nn/layer_stack.h"
#include "common/nn/network.h"

namespace fedround::nn {

// The layers, the output layer last. Errors: those of Network::Create that are about the layers.
absl::StatusOr<LayerStack> MakeLayers(const NetworkSpec& spec);

}  // namespace fedround::nn
