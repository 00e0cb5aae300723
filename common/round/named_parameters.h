// A model outside of any network: tensors by name, as a file holds them.
#pragma once

#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/aligned_buffer.h"
#include "common/round/types.h"

namespace fedround {

struct NamedParameters {
  std::vector<TensorSpec> specs;
  FloatBuffer parameters;  // [P], laid out as `specs` say
};

// The parameters of `model`, whose names all differ, laid out as `specs` say. Errors:
// INVALID_ARGUMENT, with the tensor, unless both have the same names with the same shapes.
absl::StatusOr<FloatBuffer> LaidOutAs(std::span<const TensorSpec> specs,
                                      const NamedParameters& model);

}  // namespace fedround
