// The results of `fedround bench`, as lines for people.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "experiments/bench/activation_contest.h"
#include "experiments/bench/plan_contest.h"
#include "experiments/bench/step_contest.h"

namespace fedround::cli {

std::vector<std::string> StepCaseLines(const bench::StepCase& result);
// The heading of all cases of one size.
std::vector<std::string> ActivationHeading(std::size_t elements);
std::vector<std::string> ActivationCaseLines(const bench::ActivationCase& result);
// The heading of all cells, which have the same libraries as `cell`.
std::vector<std::string> PlanHeading(const bench::PlanCell& cell);
std::string PlanCellLine(const bench::PlanCell& cell);
// The plan, and what speaks against it. `cells`: at least one.
std::vector<std::string> PlanLines(std::span<const bench::PlanCell> cells,
                                   const std::vector<std::string>& left_out);

}  // namespace fedround::cli
