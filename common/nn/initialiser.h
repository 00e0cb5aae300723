// How a weight tensor starts: independent normal draws of mean 0 and a standard deviation that an
// entry of the table (a file in initialisers/, a line in initialisers/table.inc) derives from its
// shape.
#pragma once

#include <cstddef>

#include "common/base/plug_in.h"

namespace fedround::nn {

// A weight tensor [fan_out, fan_in] in a network whose activation has this gain.
struct WeightShape {
  std::size_t fan_in = 0;
  std::size_t fan_out = 0;
  double gain = 1.0;
};

struct InitialiserEntry {
  PlugInInfo info;
  double (*standard_deviation)(const PlugIn& resolved, const WeightShape& shape);
};

}  // namespace fedround::nn
