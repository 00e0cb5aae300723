// The weights from which a run starts: drawn from the seed, or loaded from model.initial_weights, perhaps
// with a new head.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/aligned_buffer.h"
#include "common/config/experiment.h"
#include "common/nn/network.h"

namespace fedround::coordinator {

struct InitialModel {
  FloatBuffer parameters;  // [P]
  // Of a file that was loaded:
  std::optional<std::string> sha256;
  std::optional<std::string> source;  // what was loaded from where, in one line for people
};

// Errors, all of which name the file:
// - NOT_FOUND, or what the system says, if it cannot be read
// - RESOURCE_EXHAUSTED if it is larger than limits.max_parameters allows
// - DATA_LOSS if it is not a safetensors file of float32
// - INVALID_ARGUMENT if its hash is not model.initial_weights_sha256, its layers are not those of `network`
//   (the message names the tensor and both shapes), or it has numbers that are not finite
absl::StatusOr<InitialModel> MakeInitialModel(const Experiment& experiment,
                                              const nn::Network& network);

}  // namespace fedround::coordinator
