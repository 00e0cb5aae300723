#include "common/data/partitions/table.h"

namespace fedround::data {

std::span<const PartitionEntry> PartitionTable() {
  static const PartitionEntry kEntries[] = {
#define FEDROUND_PARTITION(name) name##Entry(),
#include "common/data/partitions/table.inc"
#undef FEDROUND_PARTITION
  };
  return kEntries;
}

std::span<const PlugInInfo> Partitions() {
  static const PlugInInfo kInfos[] = {
#define FEDROUND_PARTITION(name) name##Entry().info,
#include "common/data/partitions/table.inc"
#undef FEDROUND_PARTITION
  };
  return kInfos;
}

}  // namespace fedround::data
