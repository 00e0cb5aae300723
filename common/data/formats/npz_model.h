// A model as NumPy's .npz: one float32 array per tensor, named like it.
//
//   with np.load("model.npz") as model: weight = model["hidden1.weight"]
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/round/named_parameters.h"
#include "common/round/types.h"

namespace fedround::data {

// `parameters` [P] are laid out as `specs` say. The file is written under a temporary name and then
// renamed; the same model gives the same bytes. Errors: INVALID_ARGUMENT, with the tensor, for what
// ReadNpzModel would refuse and for 4 GiB or more; what the file system says. All name the path.
absl::Status WriteNpzModel(const std::string& path, std::span<const TensorSpec> specs,
                           std::span<const float> parameters);

// Tensors in the order of their names. Errors: NOT_FOUND; RESOURCE_EXHAUSTED for more parameters
// than the limit; DATA_LOSS, with path, member and byte offset, for anything that is not an archive
// of float32 arrays with extents of 1 or more.
absl::StatusOr<NamedParameters> ReadNpzModel(const std::string& path,
                                             std::size_t max_parameters = 250'000'000);

}  // namespace fedround::data
