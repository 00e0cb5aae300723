// A data set decoded whole and past the cache, whatever its values: for who looks for what is wrong
// with it. Runs open a Dataset (dataset.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/plug_in.h"
#include "common/data/decoded.h"

namespace fedround::data {

// Its inputs may not be finite; it is what CheckShapes asks for. `seed` matters to generated sets
// only. Errors: those of Dataset::Open.
absl::StatusOr<Decoded> DecodeDataset(const PlugIn& name, std::uint64_t seed, ImageLayout layout);

}  // namespace fedround::data
