// The table of algorithms. To add one: a file with its class, its PlugInInfo and its Make function, and a
// line here.
#pragma once

#include <cstddef>
#include <memory>

#include "common/algorithm/algorithm.h"

// X(Name): declares kName and MakeName.
#define FEDROUND_ALGORITHMS(X) \
  X(FedAvg)                    \
  X(FedAvgM)                   \
  X(FedProx)

namespace fedround::algorithm {

#define FEDROUND_DECLARE(Name)       \
  extern const PlugInInfo k##Name;   \
  std::unique_ptr<Algorithm> Make##Name(const PlugIn& options, std::size_t parameter_count);
FEDROUND_ALGORITHMS(FEDROUND_DECLARE)
#undef FEDROUND_DECLARE

}  // namespace fedround::algorithm
