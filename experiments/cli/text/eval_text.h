// What `fedround eval` prints: a table, or JSON.
#pragma once

#include <string>
#include <vector>

#include "experiments/analysis/score.h"

namespace fedround::cli {

// A line a model; of several models also their mean and the ensemble. Without test examples "-"
// stands for the scores.
std::vector<std::string> EvalLines(const analysis::Scores& scores, bool colour);
// The same rows as objects: {"of": "model", "model": PATH, "dataset", "examples", "accuracy",
// "loss"}; "of" is "mean" or "ensemble" where there is no path. A score that is no number is null.
std::vector<std::string> EvalJson(const analysis::Scores& scores);

}  // namespace fedround::cli
