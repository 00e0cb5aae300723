// The plain structs that kernels take, for headers and for files that are compiled once per level.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fedround::kernels {

// Batches of this many examples or more are summed in another order than smaller ones; beyond that
// the size of a batch does not matter.
inline constexpr std::size_t kLargeBatch = 64;

// A dense layer on a batch.
struct DenseShape {
  std::size_t batch = 0;
  std::size_t in = 0;
  std::size_t out = 0;
};

// A convolution over images. kernel >= 1, stride >= 1, kernel <= height + 2 * padding, and likewise
// for the width.
struct ConvShape {
  std::size_t batch = 0;
  std::size_t height = 0;
  std::size_t width = 0;
  std::size_t in = 0;
  std::size_t out = 0;
  std::size_t kernel = 1;
  std::size_t stride = 1;
  std::size_t padding = 0;

  std::size_t out_height() const { return (height + 2 * padding - kernel) / stride + 1; }
  std::size_t out_width() const { return (width + 2 * padding - kernel) / stride + 1; }
};

// 1 <= kernel <= height, width; stride >= 1.
struct PoolShape {
  std::size_t batch = 0;
  std::size_t height = 0;
  std::size_t width = 0;
  std::size_t channels = 0;
  std::size_t kernel = 1;
  std::size_t stride = 1;

  std::size_t out_height() const { return (height - kernel) / stride + 1; }
  std::size_t out_width() const { return (width - kernel) / stride + 1; }
};

// One client's update in a weighted sum.
struct WeightedSpan {
  const float* values = nullptr;
  std::int64_t weight = 0;
};

}  // namespace fedround::kernels
