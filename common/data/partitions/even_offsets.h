// Shards of even sizes: the arithmetic that iid, shards and dirichlet share.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"

namespace fedround::data {

// The size of part `part` when `total` things are cut into `parts` as evenly as possible; the first
// parts get one more.
inline std::uint64_t EvenPart(std::uint64_t total, std::uint64_t parts, std::uint64_t part) {
  return total / parts + (part < total % parts ? 1 : 0);
}

// Deal::offsets for shards of `examples_per_client` each; if that is 0, for all `available`
// examples cut evenly. Errors: INVALID_ARGUMENT if there are too few, or a shard would be empty.
absl::StatusOr<std::vector<std::uint64_t>> EvenOffsets(std::uint64_t available,
                                                       std::uint32_t clients,
                                                       std::uint32_t examples_per_client);

}  // namespace fedround::data
