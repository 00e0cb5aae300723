// Rows in order of their labels, in linear time.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace fedround::data {

// Sorts `rows` by label, stably. Returns where each class begins, and the end: [classes + 1].
std::vector<std::uint64_t> SortByLabel(std::span<const std::uint32_t> labels, std::size_t classes,
                                       std::vector<std::uint32_t>& rows);

}  // namespace fedround::data
