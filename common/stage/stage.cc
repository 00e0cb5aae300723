#include "common/stage/stage.h"

#include <vector>

#include "common/base/plug_in_table.h"
#include "common/base/status_macros.h"
#include "common/stage/stages/table.h"

namespace fedround::stage {

std::span<const PlugInInfo> Stages() {
  static const std::vector<PlugInInfo> kInfos = TableInfos(StageTable());
  return kInfos;
}

absl::StatusOr<std::unique_ptr<const Stage>> MakeStage(absl::string_view key, const PlugIn& plug_in,
                                                       const Population& population) {
  ASSIGN_OR_RETURN(const auto resolved, ResolveEntry(key, "stage", plug_in, StageTable()));
  return resolved.entry->make(resolved.options, population);
}

}  // namespace fedround::stage
