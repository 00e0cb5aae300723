#include "common/algorithm/algorithms/table.h"

namespace fedround::algorithm {

std::span<const AlgorithmEntry> AlgorithmTable() {
  static const AlgorithmEntry kEntries[] = {
#define FEDROUND_ALGORITHM(name) name##Entry(),
#include "common/algorithm/algorithms/table.inc"
#undef FEDROUND_ALGORITHM
  };
  return kEntries;
}

}  // namespace fedround::algorithm
