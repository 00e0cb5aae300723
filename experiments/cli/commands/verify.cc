// fedround verify: whether a run's record adds up.
#include "absl/strings/str_cat.h"
#include "common/base/exit_code.h"
#include "experiments/cli/commands/commands.h"
#include "experiments/cli/screen/terminal.h"
#include "experiments/cli/text/verify_text.h"

namespace fedround::cli {

int RunVerify(const VerifyCommand& command) {
  const absl::StatusOr<analysis::VerifyReport> report = analysis::Verify(command.folder);
  if (absl::IsFailedPrecondition(report.status())) {
    return Fail(absl::StrCat(command.folder, ": ", report.status().message()),
                exit_code::kRunFailed);
  }
  if (!report.ok()) return Fail(report.status().message(), exit_code::Of(report.status()));
  PrintLines(VerifyLines(*report, command.folder));
  return exit_code::kDone;
}

}  // namespace fedround::cli
