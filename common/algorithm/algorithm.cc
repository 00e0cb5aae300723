#include "common/algorithm/algorithm.h"

#include <vector>

#include "common/algorithm/algorithms/table.h"
#include "common/base/plug_in_table.h"
#include "common/base/status_macros.h"

namespace fedround::algorithm {

std::span<const PlugInInfo> Algorithms() {
  static const std::vector<PlugInInfo> kInfos = TableInfos(AlgorithmTable());
  return kInfos;
}

absl::StatusOr<std::unique_ptr<Algorithm>> MakeAlgorithm(const PlugIn& plug_in,
                                                         std::size_t update_size) {
  ASSIGN_OR_RETURN(const auto resolved,
                   ResolveEntry("federation.algorithm", "algorithm", plug_in, AlgorithmTable()));
  return resolved.entry->make(resolved.options, update_size);
}

}  // namespace fedround::algorithm
