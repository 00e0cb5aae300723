// The plain structs of kernels' arguments, for headers and for files that are compiled once a
// level.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fedround::kernels {

// A dense layer on a batch.
struct DenseShape {
  std::size_t batch = 0;
  std::size_t in = 0;
  std::size_t out = 0;
};

// One client's update in a weighted sum.
struct WeightedSpan {
  const float* values = nullptr;
  std::int64_t weight = 0;
};

}  // namespace fedround::kernels
