// The last screen of a run: how it ended, what it cost, what went wrong, how to do it again.
#pragma once

#include <string>
#include <vector>

#include "experiments/cli/screen/tally.h"
#include "experiments/launch/launcher.h"

namespace fedround::cli {

inline constexpr std::size_t kMaxSummaryLines = 15;

struct SummaryInput {
  const Tally& tally;
  const launch::LaunchReport& report;
  double elapsed_s = 0;  // from the start of the command
  std::string folder;
  std::string repeat;  // the command that repeats the run
  bool colour = false;
};

// At most kMaxSummaryLines.
std::vector<std::string> SummaryLines(const SummaryInput& input);

// The result in one line: "done: 20 rounds, accuracy 0.8312, loss 0.4711, 1.42 s, runs/q".
std::string ResultLine(const SummaryInput& input);

}  // namespace fedround::cli
