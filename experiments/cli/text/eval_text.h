// What `fedround eval` prints: a table, or JSON.
#pragma once

#include <string>
#include <vector>

#include "experiments/analysis/score.h"

namespace fedround::cli {

// One line per model; for several models also their mean and the ensemble. Without test examples
// the scores are "-".
std::vector<std::string> EvalLines(const analysis::Scores& scores, bool colour);
// The same rows as objects: {"of": "model", "model": PATH, "dataset", "examples", "accuracy",
// "loss"}; "of" is "mean" or "ensemble" in rows without a path. A score that is NaN is null.
std::vector<std::string> EvalJson(const analysis::Scores& scores);

}  // namespace fedround::cli
