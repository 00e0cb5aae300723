// TaskKind on the wire.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/round/types.h"

namespace fedround::wire {

// `value` is from a message; the error calls it `field`.
// Errors: INVALID_ARGUMENT for a task this version does not know.
absl::StatusOr<TaskKind> ParseTaskKind(int value, absl::string_view field);

}  // namespace fedround::wire
