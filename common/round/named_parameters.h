// A model independent of any network: tensors by name, as in a file.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/aligned_buffer.h"
#include "common/round/model_layout.h"

namespace fedround {

struct NamedParameters {
  std::vector<TensorSpec> specs;
  FloatBuffer parameters;  // [P], laid out as `specs` say
};

// The parameters of `model`, whose names all differ, laid out as `specs` say. Errors:
// INVALID_ARGUMENT, with the tensor, unless both have the same names with the same shapes.
absl::StatusOr<FloatBuffer> LaidOutAs(std::span<const TensorSpec> specs,
                                      const NamedParameters& model);

// The same into `parameters` [P], except for the layer `head`: unless `model` has all its tensors
// with these shapes, they are left as they are and false is returned. The same errors for all other
// layers.
absl::StatusOr<bool> CopyBelowHead(std::span<const TensorSpec> specs, const NamedParameters& model,
                                   absl::string_view head, std::span<float> parameters);

}  // namespace fedround
