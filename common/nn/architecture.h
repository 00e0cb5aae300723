// From a specification to the layers of a network: what presets stand for, how layers are named,
// and the check that each layer fits the output of the one before it.
#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "common/nn/layer_stack.h"
#include "common/nn/network.h"

namespace fedround::nn {

// The layers, the output layer last. Errors: those of Network::Create that concern the layers.
absl::StatusOr<LayerStack> MakeLayers(const NetworkSpec& spec);

}  // namespace fedround::nn
