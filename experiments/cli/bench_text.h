// What `fedround bench` measured, as lines for people.
#pragma once

#include <string>
#include <vector>

#include "experiments/bench/step_contest.h"

namespace fedround::cli {

std::vector<std::string> StepCaseLines(const bench::StepCase& result);

}  // namespace fedround::cli
