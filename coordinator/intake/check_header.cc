// Checks the header of an answer: everything that can be known before its payload comes.
#include "absl/strings/str_cat.h"
#include "coordinator/intake/upload_intake.h"

namespace fedround::coordinator {

absl::Status UploadIntake::CheckHeader(const UpdateHeader& header) const {
  const auto invalid = [](const auto&... parts) {
    return absl::InvalidArgumentError(absl::StrCat(parts...));
  };
  if (header.protocol_version != kProtocolVersion) {
    return invalid("protocol_version = ", header.protocol_version, ": this coordinator speaks ",
                   kProtocolVersion);
  }
  if (header.run_id != options_.run_id || header.incarnation != options_.incarnation) {
    return invalid("run_id = \"", header.run_id, "\": this is run \"", options_.run_id, "\"");
  }
  if (!open_ || header.round != round_ || header.step != step_ || header.task != task_) {
    return absl::FailedPreconditionError(
        absl::StrCat("late: round ", header.round, " step ", header.step, " is not open",
                     open_ ? absl::StrCat("; round ", round_, " step ", step_, " is") : ""));
  }
  const auto expected = expected_.find(header.client);
  if (expected == expected_.end()) {
    return absl::NotFoundError(
        absl::StrCat("client ", header.client, " was not asked in round ", round_));
  }
  if (expected->second.state == Answer::State::kReceived) {
    return absl::AlreadyExistsError(
        absl::StrCat("client ", header.client, " has answered round ", round_));
  }
  if (header.model_id != model_) {
    return invalid("model_id of client ", header.client, " is not the one of round ", round_);
  }
  if (header.weight == 0) return invalid("weight = 0: must be at least 1");
  if (header.task == TaskKind::kEvaluate) {
    if (!header.sections.empty()) return invalid("an evaluation carries no payload");
    return absl::OkStatus();
  }
  return CheckSections(header.sections, options_.sections);
}

}  // namespace fedround::coordinator
