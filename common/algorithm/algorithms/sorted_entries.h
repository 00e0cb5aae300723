// For rules that look at each entry of the kept updates by itself, in order of size.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "common/algorithm/algorithm.h"

namespace fedround::algorithm {

// Takes the step that `rule` makes of each entry's values, ascending, one of each client.
template <typename Rule>
void StepByEntry(const Round& round, const Next& next, const Rule& rule) {
  const std::span<const fold::Kept::Update> updates = round.folded.kept();
  std::vector<float> values(updates.size());
  for (std::size_t i = 0; i < next.parameters.size(); ++i) {
    for (std::size_t k = 0; k < updates.size(); ++k) values[k] = updates[k].values[i];
    std::ranges::sort(values);
    next.parameters[i] = round.parameters[i] + rule(std::span<const float>(values));
  }
}

// In double, in the order given, so that it has the same bits everywhere.
inline float MeanOf(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value);
  return static_cast<float>(sum / static_cast<double>(values.size()));
}

}  // namespace fedround::algorithm
