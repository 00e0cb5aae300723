// All algorithms. To add one, write a file in this folder with a class that derives from Algorithm
// and a function `AlgorithmEntry NameEntry()`, and the line `FEDROUND_ALGORITHM(Name)` in
// table.inc. Examples: fedprox.cc changes what clients do, fedavgm.cc what the server does.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include "common/algorithm/algorithm.h"
#include "common/base/plug_in.h"

namespace fedround::algorithm {

struct AlgorithmEntry {
  PlugInInfo info;
  // `options` are resolved; `update_size` is Q.
  std::unique_ptr<Algorithm> (*make)(const PlugIn& options, std::size_t update_size);
  // The options with which it is FedAvg (Apply adds the mean, the plan is left alone), which the
  // contract tests check; nothing if there are none.
  std::optional<PlugInOptions> fedavg_options = std::nullopt;
};

#define FEDROUND_ALGORITHM(name) AlgorithmEntry name##Entry();
#include "common/algorithm/algorithms/table.inc"
#undef FEDROUND_ALGORITHM

std::span<const AlgorithmEntry> AlgorithmTable();

}  // namespace fedround::algorithm
