// Checks the header of an answer: everything that can be known before its payload comes.
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
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
  const auto open = asks_.find(header.ask);
  if (open == asks_.end()) {
    if (header.ask == 0 || header.ask > last_ask_) {
      return absl::NotFoundError(absl::StrCat("ask ", header.ask, ": there is no such ask"));
    }
    return absl::FailedPreconditionError(absl::StrCat("late: ask ", header.ask, " is closed"));
  }
  const Ask& ask = open->second.ask;
  if (header.client != ask.client) {
    return absl::NotFoundError(absl::StrCat("ask ", header.ask, " is not client ", header.client,
                                            "'s: it is client ", ask.client, "'s"));
  }
  if (open->second.state == OpenAsk::State::kReceived) {
    return absl::AlreadyExistsError(
        absl::StrCat("client ", header.client, " has answered ask ", header.ask));
  }
  if (header.model_id != ask.model_id) {
    return invalid("model_id of client ", header.client, " is not the one of ask ", header.ask);
  }
  if (header.weight == 0) return invalid("weight = 0: must be at least 1");
  if (ask.task == TaskKind::kEvaluate) {
    if (!header.sections.empty() || !header.scalars.empty()) {
      return invalid("an evaluation carries no payload");
    }
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(CheckScalars(header.scalars));
  return CheckSections(header.sections, options_.sections);
}

absl::Status UploadIntake::CheckScalars(const Scalars& scalars) const {
  for (const ScalarLayout& layout : options_.scalars) {
    const auto found = scalars.find(layout.name);
    if (found == scalars.end()) {
      return absl::InvalidArgumentError(absl::StrCat("scalar \"", layout.name, "\" is missing"));
    }
    if (found->second > layout.max) {
      return absl::InvalidArgumentError(
          absl::StrCat("scalar \"", layout.name, "\" = ", found->second, ": at most ", layout.max));
    }
  }
  if (scalars.size() == options_.scalars.size()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      scalars.size(), " scalars; in this run an update has ", options_.scalars.size()));
}

}  // namespace fedround::coordinator
