// The algorithms there are. A line `FEDROUND_ALGORITHM(Name)` in table.inc stands for a function
// `AlgorithmEntry NameEntry()` in a file of this folder.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "common/algorithm/algorithm.h"
#include "common/base/plug_in.h"

namespace fedround::algorithm {

struct AlgorithmEntry {
  PlugInInfo info;
  std::unique_ptr<Algorithm> (*make)(const PlugIn& options, std::size_t update_size);
};

#define FEDROUND_ALGORITHM(name) AlgorithmEntry name##Entry();
#include "common/algorithm/algorithms/table.inc"
#undef FEDROUND_ALGORITHM

std::span<const AlgorithmEntry> AlgorithmTable();

}  // namespace fedround::algorithm
