// Training that diverged: reported by the client, which knows its loss and its data, before the
// coordinator would refuse the update.
#pragma once

#include <cstddef>
#include <span>

#include "absl/status/status.h"
#include "common/config/experiment.h"
#include "common/data/dataset.h"
#include "common/round/types.h"

namespace fedround::client {

// OUT_OF_RANGE, with what to change, unless every metric is finite and every entry of `update` is
// within +-fold.max_abs. `update` is empty after an evaluation. `shard` is the data that the
// metrics and the update come from; its examples have `inputs` features.
absl::Status CheckConverging(const Experiment& experiment, const data::Examples& shard,
                             std::size_t inputs, const Metrics& metrics,
                             std::span<const float> update);

}  // namespace fedround::client
