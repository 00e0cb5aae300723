// How the parameters of a layer start. initialisers/table.h says how to add one.
#pragma once

#include <cstddef>
#include <span>

#include "common/base/plug_in.h"
#include "common/base/rng.h"

namespace fedround::nn {

// A layer's weight tensor and the bias beside it. Each tensor has a stream of random numbers of its
// own, so that what one draws never changes another.
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
  // What the contract tests (tests/common/nn/initialisers_test.cc) check.
  bool is_centred = true;          // weights and biases have mean 0
  bool starts_biases_at_0 = true;  // all of them
};

// Weights N(0, deviation^2), one NextNormal each in order; biases 0.
void FillNormal(double deviation, FreshLayer& layer);

}  // namespace fedround::nn
