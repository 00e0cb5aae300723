// The weights a run starts from: drawn from the seed, or those of model.initial_weights with, perhaps, a
// new head.
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
  std::optional<std::string> source;  // what came from where, in one line for people
};

// Errors, all of which name the file: NOT_FOUND or what the system says if it cannot be read;
// RESOURCE_EXHAUSTED if it is larger than limits.max_parameters allows; DATA_LOSS if it is not a
// safetensors file of float32; INVALID_ARGUMENT if it does not have model.initial_weights_sha256, not the
// layers of `network` (the message names the tensor and both shapes), or numbers that are not
// finite.
absl::StatusOr<InitialModel> MakeInitialModel(const Experiment& experiment,
                                              const nn::Network& network);

}  // namespace fedround::coordinator
