#include "common/data/partitions/table.h"

#include <algorithm>
#include <functional>

#include "absl/strings/str_cat.h"

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

absl::Status CheckNoneIsEmpty(absl::string_view partition, const Deal& deal) {
  const auto empty = std::ranges::adjacent_find(deal.offsets, std::ranges::greater_equal());
  if (empty == deal.offsets.end()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(kPartitionKey, " = ", partition, ": client ", empty - deal.offsets.begin(),
                   " would have no examples; change its options or lower federation.clients"));
}

}  // namespace fedround::data
