// The screen of `fedround show`: one run on at most 40 lines of at most 100 columns, to be read and
// pasted; a dozen more with ledger.health.
#pragma once

#include <string>
#include <vector>

#include "experiments/analysis/costs.h"
#include "experiments/analysis/run.h"

namespace fedround::cli {

std::vector<std::string> ShowLines(const analysis::Run& run, const analysis::RunCosts& costs);

}  // namespace fedround::cli
