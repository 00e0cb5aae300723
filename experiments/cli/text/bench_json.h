// The results of `fedround bench`, for programs: objects, each with a key `row` that says what it
// is. Estimates are `NAME` (the median) and `NAME_interval` ([low, high], 95 %).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "experiments/bench/activation_contest.h"
#include "experiments/bench/plan_contest.h"
#include "experiments/bench/step_contest.h"

namespace fedround::cli {

// A `limit` for each limit, a `step` for each network, a `difference` for each pair, a `peer` if
// there is one; all have the case's model, data, batch, weights and pass.
std::vector<std::string> StepCaseObjects(const bench::StepCase& result);

// An `activation` for each implementation (its name is `kernel`), then a `control`.
std::vector<std::string> ActivationCaseObjects(const bench::ActivationCase& result);

// A `product` for each cell and library and a `control` for each cell, both with the cell's
// product, in, out and batch; then the `plan`.
std::vector<std::string> PlanObjects(std::span<const bench::PlanCell> cells,
                                     const std::vector<std::string>& left_out);

}  // namespace fedround::cli
