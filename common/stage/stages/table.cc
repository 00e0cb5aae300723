#include "common/stage/stages/table.h"

namespace fedround::stage {

std::span<const StageEntry> StageTable() {
  static const StageEntry kEntries[] = {
#define FEDROUND_STAGE(name) name##Entry(),
#include "common/stage/stages/table.inc"
#undef FEDROUND_STAGE
  };
  return kEntries;
}

}  // namespace fedround::stage
