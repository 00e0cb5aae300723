// The weights from which a run starts: drawn from the seed, or loaded from model.initial_weights, perhaps
// with a new head, perhaps of a model that is known from that file alone.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/aligned_buffer.h"
#include "common/config/experiment.h"
#include "common/nn/network.h"
#include "common/round/model_layout.h"
#include "common/round/named_parameters.h"

namespace fedround::coordinator {

struct InitialModel {
  FloatBuffer parameters;  // [P]
  // Of a file that was loaded:
  std::optional<std::string> sha256;
  std::optional<std::string> source;  // what was loaded from where, in one line for people
};

// What the file of model.initial_weights holds.
struct InitialWeights {
  NamedParameters tensors;
  std::string sha256;
};

// Errors, all of which name the file:
// - NOT_FOUND, or what the system says, if it cannot be read
// - RESOURCE_EXHAUSTED if it is larger than limits.max_parameters allows
// - DATA_LOSS if it is not a safetensors file of float32
// - INVALID_ARGUMENT if its hash is not model.initial_weights_sha256, or it has numbers that are not
//   finite
absl::StatusOr<InitialWeights> ReadInitialWeights(const Experiment& experiment);

// For InitialModel::source: "model.safetensors (SHA-256 ...): hidden1; output is new".
std::string SourceText(absl::string_view path, absl::string_view sha256,
                       std::span<const TensorSpec> tensors, bool with_head);

// The initial model of `network`. Errors: those of ReadInitialWeights if there is such a file, and
// INVALID_ARGUMENT if its layers are not those of `network`: the message names file, tensor and both
// shapes.
absl::StatusOr<InitialModel> MakeInitialModel(const Experiment& experiment,
                                              const nn::Network& network);

}  // namespace fedround::coordinator
