#include "common/data/partitions/sort_by_label.h"

#include <numeric>

namespace fedround::data {

std::vector<std::uint64_t> SortByLabel(std::span<const std::uint32_t> labels, std::size_t classes,
                                       std::vector<std::uint32_t>& rows) {
  std::vector<std::uint64_t> begin(classes + 1);
  for (const std::uint32_t row : rows) ++begin[labels[row] + 1];
  std::partial_sum(begin.begin(), begin.end(), begin.begin());
  std::vector<std::uint64_t> next = begin;
  std::vector<std::uint32_t> sorted(rows.size());
  for (const std::uint32_t row : rows) sorted[next[labels[row]]++] = row;
  rows = std::move(sorted);
  return begin;
}

}  // namespace fedround::data
