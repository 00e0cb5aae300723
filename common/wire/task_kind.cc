#include "common/wire/task_kind.h"

#include "absl/strings/str_cat.h"
#include "fedround/v1/federation.pb.h"

namespace fedround::wire {

static_assert(v1::Instruction::TRAIN == static_cast<int>(TaskKind::kTrain));
static_assert(v1::Instruction::EVALUATE == static_cast<int>(TaskKind::kEvaluate));
static_assert(v1::Instruction::LEAVE == static_cast<int>(TaskKind::kLeave));

absl::StatusOr<TaskKind> ParseTaskKind(int value, absl::string_view field) {
  if (!v1::Instruction::Task_IsValid(value) || value == v1::Instruction::TASK_UNSPECIFIED) {
    return absl::InvalidArgumentError(absl::StrCat(field, " = ", value, ": no such task"));
  }
  return static_cast<TaskKind>(value);
}

}  // namespace fedround::wire
