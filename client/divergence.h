// Training that went astray: said by the client, who knows its loss and its data, before the
// coordinator refuses what it would send.
#pragma once

#include <cstddef>
#include <span>

#include "absl/status/status.h"
#include "common/config/experiment.h"
#include "common/data/dataset.h"
#include "common/round/types.h"

namespace fedround::client {

// OUT_OF_RANGE, with what to change, unless every metric is finite and every entry of `update` is
// within +-fold.max_abs. `update` is empty after an evaluation. `inputs`: features of an example of
// `shard`, which is what the metrics and the update come from.
absl::Status CheckConverging(const Experiment& experiment, const data::Examples& shard,
                             std::size_t inputs, const Metrics& metrics,
                             std::span<const float> update);

}  // namespace fedround::client
