// What `fedround verify` prints about a run in which everything adds up: one line per topic.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "experiments/analysis/verify/verify.h"

namespace fedround::cli {

std::vector<std::string> VerifyLines(const analysis::VerifyReport& report,
                                     absl::string_view folder);

}  // namespace fedround::cli
