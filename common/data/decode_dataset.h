// Decodes a whole data set without the cache, whatever its values: for finding out what is wrong
// with it. Runs open a Dataset (dataset.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/plug_in.h"
#include "common/data/decoded.h"

namespace fedround::data {

// The result passes CheckShapes, but its inputs need not be finite. `seed` matters for generated
// sets only. Errors: those of Dataset::Open.
absl::StatusOr<Decoded> DecodeDataset(const PlugIn& name, std::uint64_t seed, ImageLayout layout);

}  // namespace fedround::data
