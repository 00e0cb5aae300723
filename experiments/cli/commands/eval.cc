// fedround eval: the scores of models on the test split.
#include <unistd.h>

#include <iostream>

#include "absl/strings/str_join.h"
#include "common/base/exit_code.h"
#include "experiments/cli/commands/commands.h"
#include "experiments/cli/screen/terminal.h"
#include "experiments/cli/text/eval_text.h"

namespace fedround::cli {

int RunEval(const EvalCommand& command) {
  const absl::StatusOr<analysis::Scores> scores =
      analysis::ScoreModels(command.models, command.experiment, command.overrides);
  if (!scores.ok()) return Fail(scores.status().message(), exit_code::Of(scores.status()));
  const bool colour = DetectTerminal(STDOUT_FILENO).colour;
  std::cout << absl::StrJoin(command.json ? EvalJson(*scores) : EvalLines(*scores, colour), "\n")
            << std::endl;
  return exit_code::kDone;
}

}  // namespace fedround::cli
