// The part of `fedround show` that is about the health of the network: what activations put out, in
// the first round beside the last.
#pragma once

#include <string>
#include <vector>

#include "experiments/analysis/costs.h"

namespace fedround::cli {

// Layers beyond these are left to health.csv.
inline constexpr std::size_t kMostHealthLayers = 8;

// Lines of at most 100 columns, after an empty one; none of a run without ledger.health.
std::vector<std::string> HealthLines(const analysis::HealthEnds& ends);

}  // namespace fedround::cli
