// Shards of even size: the arithmetic that iid, shards and dirichlet share.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"

namespace fedround::data {

// Part `part` of `total` things that are cut into `parts` as evenly as possible, the first parts
// taking one more.
inline std::uint64_t EvenPart(std::uint64_t total, std::uint64_t parts, std::uint64_t part) {
  return total / parts + (part < total % parts ? 1 : 0);
}

// Deal::offsets of shards of `examples_per_client` each; if that is 0, of all `available` examples
// cut evenly. Errors: INVALID_ARGUMENT if there are too few, or a shard would be empty.
absl::StatusOr<std::vector<std::uint64_t>> EvenOffsets(std::uint64_t available,
                                                       std::uint32_t clients,
                                                       std::uint32_t examples_per_client);

}  // namespace fedround::data
