// The part of `fedround show` about the health of the network: the outputs of activations, in the
// first round beside the last.
#pragma once

#include <string>
#include <vector>

#include "experiments/analysis/costs.h"

namespace fedround::cli {

// Further layers are only in health.csv.
inline constexpr std::size_t kMostHealthLayers = 8;

// Lines of at most 100 columns, after an empty one; nothing for a run without ledger.health.
std::vector<std::string> HealthLines(const analysis::HealthEnds& ends);

}  // namespace fedround::cli
