// TaskCost on the wire.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/round/types.h"

namespace fedround::v1 {
class TaskCost;
}

namespace fedround::wire {

std::string SerializeTaskCost(const TaskCost& cost);

// Phases that are left out (a client in another language may not know them) count as 0. Errors:
// INVALID_ARGUMENT for bytes that are not a TaskCost, a phase whose name is
// unknown or occurs twice, a negative time, phases that do not add up.
absl::StatusOr<TaskCost> ParseTaskCost(absl::string_view bytes);

// The same as a part of another message.
void ToMessage(const TaskCost& cost, v1::TaskCost& message);
absl::StatusOr<TaskCost> FromMessage(const v1::TaskCost& message);

}  // namespace fedround::wire
