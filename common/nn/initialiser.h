// How the parameters of a layer start: an entry of the table is a file in initialisers/ and a line
// in initialisers/table.inc.
#pragma once

#include <cstddef>
#include <span>

#include "common/base/plug_in.h"
#include "common/base/rng.h"

namespace fedround::nn {

// A layer's weight tensor and the bias beside it. Each tensor has a stream of its own, so that what
// one draws never moves another.
struct FreshLayer {
  std::size_t fan_in = 0;   // inputs of one output
  std::size_t fan_out = 0;  // outputs that one input goes to
  double gain = 1.0;        // of the activation
  std::span<float> weight;  // [fan_out, fan_in], to be filled
  std::span<float> bias;    // to be filled
  Rng weight_rng;
  Rng bias_rng;
};

struct InitialiserEntry {
  PlugInInfo info;
  void (*fill)(const PlugIn& resolved, FreshLayer& layer);
};

// Weights N(0, deviation^2), one NextNormal each in order; biases 0.
void FillNormal(double deviation, FreshLayer& layer);

}  // namespace fedround::nn
