// What `fedround bench` measured, as lines for people.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "experiments/bench/activation_contest.h"
#include "experiments/bench/step_contest.h"

namespace fedround::cli {

std::vector<std::string> StepCaseLines(const bench::StepCase& result);
// What stands above the lines of all cases of one size.
std::vector<std::string> ActivationHeading(std::size_t elements);
std::vector<std::string> ActivationCaseLines(const bench::ActivationCase& result);

}  // namespace fedround::cli
