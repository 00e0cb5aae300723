// What `fedround list activations` says about an entry in addition to the table.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/nn/activations/table.h"

namespace fedround::cli {

struct ActivationSheet {
  double gain = 0;
  std::string keeps;  // "input" or "output"
  std::vector<double> kinks;
  std::vector<std::string> kernels;
  // Processor time per element of the fast kernel, at the SIMD level in use, over 2000 elements
  // that stay in the first cache. Measured for a few milliseconds: good for an order of magnitude.
  double forward_ns = 0;
  double backward_ns = 0;
};

// With default options.
ActivationSheet SheetOf(const nn::ActivationEntry& entry);

}  // namespace fedround::cli
