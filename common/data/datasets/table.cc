#include "common/data/datasets/table.h"

#include "common/data/dataset.h"

namespace fedround::data {

std::span<const DatasetEntry> DatasetTable() {
  static const DatasetEntry kEntries[] = {
#define FEDROUND_DATASET(name) name##Entry(),
#include "common/data/datasets/table.inc"
#undef FEDROUND_DATASET
  };
  return kEntries;
}

std::span<const PlugInInfo> Datasets() {
  static const PlugInInfo kInfos[] = {
#define FEDROUND_DATASET(name) name##Entry().info,
#include "common/data/datasets/table.inc"
#undef FEDROUND_DATASET
  };
  return kInfos;
}

}  // namespace fedround::data
